"""Digests of the files of a release or an edition, as `sha256sum --check` reads them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dagster_project.digest import sha256_of

DIGESTS = "SHA256SUMS"
DIGESTED_AT_ONCE = 2  # the warehouse keeps one thread busy, the other files together another


def write_digests(folder: Path) -> None:
    """Write SHA256SUMS: every file below the folder with its digest."""
    lines = [f"{digest}  {file}\n" for file, digest in _digests(folder).items()]
    (folder / DIGESTS).write_text("".join(lines), encoding="utf-8")


def differing_files(folder: Path) -> list[str]:
    """Files that are not as SHA256SUMS says, or missing, or not listed there; SHA256SUMS itself where it is missing."""
    try:
        lines = (folder / DIGESTS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return [DIGESTS]
    said = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = _digests(folder)
    return sorted(name for name in said.keys() | found.keys() if said.get(name) != found.get(name))


def _digests(folder: Path) -> dict[str, str]:
    """Digest of every file below the folder, by its name there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / DIGESTS)
    with ThreadPoolExecutor(DIGESTED_AT_ONCE) as pool:
        digests = pool.map(sha256_of, files)
        return {file.relative_to(folder).as_posix(): digest for file, digest in zip(files, digests, strict=True)}
