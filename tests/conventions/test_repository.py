"""What must not be in any file: this machine's paths, registry hosts; and what every file must have."""

from __future__ import annotations

import re
import subprocess

from conftest import PROJECT

FORBIDDEN = re.compile(
    r"/wor[k]/(main|shared)|/roo[t]/|/hom[e]/\w+/|https?://[^ )\"']*(pypi|npmjs|pythonhosted)", re.IGNORECASE
)


def tracked_texts() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    texts = {}
    for name in listed.stdout.splitlines():
        try:
            texts[name] = (PROJECT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return texts


def test_no_path_of_a_machine_and_no_registry_host() -> None:
    found = {name: match.group() for name, text in tracked_texts().items() if (match := FORBIDDEN.search(text))}
    assert found == {}


def test_readme_fits_on_one_screen() -> None:
    lines = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 80
    assert max(map(len, lines)) <= 130


def test_top_of_the_tree_stays_the_house() -> None:
    top = {name.split("/")[0] for name in tracked_texts()}
    assert top <= {
        ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "README.md", "dagster_project", "data",
        "dbt_project", "docs", "expectations", "pyproject.toml", "requirements-dev.lock", "requirements-spark.lock",
        "requirements.lock", "tests",
    }  # fmt: skip


def test_only_one_module_reads_the_environment() -> None:
    readers = [
        name
        for name, text in tracked_texts().items()
        if name.startswith(("dagster_project/", "expectations/")) and "os.environ" in text
    ]
    assert readers == ["dagster_project/settings.py"]


def test_every_test_folder_says_what_belongs_there() -> None:
    table = (PROJECT / "tests" / "README.md").read_text(encoding="utf-8")
    folders = {path.name for path in (PROJECT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {folder for folder in folders if f"`{folder}/`" not in table} == set()
