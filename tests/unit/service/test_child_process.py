"""The second process of a build does not outlive the first."""

import subprocess
import sys

WAITS_FOR_EVER = """
import threading
from dagster_project.service.child_process import other_process

def wait():
    print("here", flush=True)
    threading.Event().wait()

if __name__ == "__main__":
    with other_process() as other:
        other.submit(wait).result()
"""


def test_it_ends_when_its_parent_is_killed(tmp_path):
    script = tmp_path / "waits.py"
    script.write_text(WAITS_FOR_EVER)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "here\n"
        parent.kill()
        # Its standard output ends when nobody has it open any more: the child had it too.
        rest, _ = parent.communicate(timeout=30)
    assert rest == ""
