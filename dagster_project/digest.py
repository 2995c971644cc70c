"""Digests of files: what a build read, what it is made by, what it wrote."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from dagster_project.settings import ROOT

DBT_SOURCES = ("models/**/*", "macros/**/*", "seeds/**/*", "tests/**/*", "*.yml")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(folder: Path, patterns: tuple[str, ...]) -> str:
    """Digest of the names and contents of all files below `folder` that match one of the patterns."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in folder.glob(pattern) if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def code_digest() -> str:
    """Digest of everything that decides how a build turns out, whether it is committed or not."""
    code = ("dagster_project/**/*.py", "dagster_project/texts.toml", "expectations/**/*.py", "requirements.lock")
    face = ("publish/site/templates/*", "publish/site/static/*", "publish/documents/*.typ")
    return digest_of(
        ROOT,
        (
            *code,
            *(f"dagster_project/{pattern}" for pattern in face),
            *(f"dbt_project/{pattern}" for pattern in DBT_SOURCES),
            "data/reference/*",
        ),
    )


def code_version() -> str:
    """The program's version, and a digest of its code."""
    return f"{version('arsplan')}+{code_digest()[:12]}"
