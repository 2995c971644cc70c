"""Digests of the files of a release or an edition, as `sha256sum --check` reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from dagster_project.digest import sha256_of

DIGESTS = "SHA256SUMS"
DIGESTED_AT_ONCE = 2  # the warehouse keeps one thread busy, the other files together another
DIFFERS, MISSING, NOT_LISTED = "differs", "is missing", "is not listed"
_SHOWN = 5


def write_digests(folder: Path) -> None:
    """Write SHA256SUMS: every file below the folder with its digest."""
    names = _names(folder)
    lines = [f"{digest}  {name}\n" for name, digest in zip(names, _each(sha256_of, folder, names), strict=True)]
    (folder / DIGESTS).write_text("".join(lines), encoding="utf-8")


def listed_digests(folder: Path) -> dict[str, str] | None:
    """What SHA256SUMS says, by name of the file; None where it cannot be read."""
    try:
        lines = (folder / DIGESTS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def differences(folder: Path, only: Collection[str] | None = None) -> dict[str, str]:
    """How files are not as SHA256SUMS says, by name; without SHA256SUMS it is the one that is missing.

    `only` names what of the folder is looked at, files or folders directly in it; default: everything.
    """
    listed = listed_digests(folder)
    if listed is None:
        return {DIGESTS: MISSING}
    if only is not None:
        listed = {name: digest for name, digest in listed.items() if name.split("/")[0] in only}
    names = _names(folder, only)
    different = dict.fromkeys(listed.keys() - set(names), MISSING)
    for name, digest in zip(names, _each(_readable_digest, folder, names), strict=True):
        if name not in listed:
            different[name] = NOT_LISTED
        elif digest != listed[name]:
            different[name] = DIFFERS
    return dict(sorted(different.items()))


def differing_files(folder: Path) -> list[str]:
    """Files that are not as SHA256SUMS says, or missing, or not listed there; SHA256SUMS itself where it is missing."""
    return list(differences(folder))


def shown(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])


def _names(folder: Path, only: Collection[str] | None = None) -> list[str]:
    """Every file below the folder but SHA256SUMS, by its name there."""
    tops = folder.iterdir() if only is None else (folder / name for name in only)
    files = sorted(path for top in tops for path in (top, *top.rglob("*")) if path.is_file())
    return [file.relative_to(folder).as_posix() for file in files if file != folder / DIGESTS]


def _each(digest: Callable[[Path], str], folder: Path, names: list[str]) -> list[str]:
    with ThreadPoolExecutor(DIGESTED_AT_ONCE) as pool:
        return list(pool.map(lambda name: digest(folder / name), names))


def _readable_digest(file: Path) -> str:
    """A file's digest; blank, and so no file's, where a broken disk or a missing right does not let it be read."""
    with suppress(OSError):
        return sha256_of(file)
    return ""
