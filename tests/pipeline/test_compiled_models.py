"""What builds of tests run in place of dbt gives what dbt gives."""

from pathlib import Path

from conftest import EXAMPLES, Build, Built


def test_what_dbt_compiled_gives_what_dbt_builds(build: Build, first_example: Built, tmp_path: Path) -> None:
    built = build(EXAMPLES / "world-1" / "landing", "2026-01-31", tmp_path)
    assert built.digests() == first_example.digests()
    assert built.exit_code == first_example.exit_code == 0
