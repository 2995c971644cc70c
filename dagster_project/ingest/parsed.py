"""Delivered files as they were read and validated, kept from build to build: the same file is parsed once.

What is kept is known by the file's content, the feed, the register and the code that parses. Where anything about it is
in doubt, the file is parsed again. Holds values of rows, as the landing folder does; only its owner may look.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import polars as pl

from dagster_project.digest import digest_of, sha256_of
from dagster_project.ingest.feeds import Feed
from dagster_project.ingest.read import ROW_NUMBER, UnreadableFileError, matchable, read_delivery
from dagster_project.ingest.validate import REJECTION, Register, validate

RAW_ROW = "raw_row"
_FITTING, _REJECTED, _ABOUT = "fitting.parquet", "rejected.parquet", "about.json"


@dataclass(frozen=True)
class ParsedFile:
    """A delivered file, and where its rows lie: those that fit and, with their text, those that do not.

    `status` is `loaded`, or as in the contract, section 2; then `problem` says why, and there are no rows.
    """

    status: str
    problem: str | None = None
    rows_read: int = 0
    rows_rejected: int = 0
    unknown_columns: tuple[str, ...] = ()
    fitting: Path | None = None
    rejected: Path | None = None


def parse(path: Path, sha256: str, feed: Feed, register: Register, kept: Path) -> ParsedFile:
    """A file's rows, from what is kept in the folder `kept` or, failing that, from the file; then they are kept."""
    key = (feed.name, path.suffix.lower(), sha256, _register_digest(register), code_digest())
    folder = kept / hashlib.sha256("\n".join(key).encode()).hexdigest()
    known = _known(folder)
    if known is not None:
        return known
    try:
        delivery = read_delivery(path, frozenset(feed.column_names))
    except UnreadableFileError as error:
        return ParsedFile("unreadable", str(error))
    missing = [name for name in feed.required_names if delivery.position_of(name) is None]
    if missing:
        problem = f"the header lacks {', '.join(missing)}: add what is missing and deliver the file again"
        return ParsedFile(f"missing_column:{missing[0]}", problem)
    headers = map(matchable, delivery.headers)
    unknown = tuple(dict.fromkeys(header for header in headers if header not in feed.column_names))
    validated = validate(delivery, feed, register)
    rejected = validated.rejected.join(delivery.raw_rows(validated.rejected[ROW_NUMBER]), on=ROW_NUMBER)
    aside = folder.with_suffix(".new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    numbers = pl.col(ROW_NUMBER).cast(pl.Int64)
    validated.fitting.with_columns(numbers).write_parquet(aside / _FITTING, compression="lz4", statistics=False)
    rejected.select(numbers, REJECTION, RAW_ROW).write_parquet(aside / _REJECTED, compression="lz4")
    about = {
        "rows_read": delivery.rows.height,
        "rows_rejected": rejected.height,
        "unknown_columns": unknown,
        "digests": _digests(aside),
    }
    (aside / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
    aside.rename(folder)
    return ParsedFile(
        "loaded", None, delivery.rows.height, rejected.height, unknown, folder / _FITTING, folder / _REJECTED
    )


def _known(folder: Path) -> ParsedFile | None:
    """What is kept in a folder; None, and the folder gone, where it is not whole."""
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        if about["digests"] == _digests(folder):
            unknown = tuple(about["unknown_columns"])
            counts = about["rows_read"], about["rows_rejected"]
            return ParsedFile("loaded", None, *counts, unknown, folder / _FITTING, folder / _REJECTED)
    except (OSError, ValueError, KeyError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    return None


def _digests(folder: Path) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in (_FITTING, _REJECTED)}


def forget_others(kept: Path, used: set[Path]) -> None:
    """Delete what is kept of files that a build did not use."""
    for folder in kept.iterdir():
        if folder not in used:
            shutil.rmtree(folder, ignore_errors=True)


@cache
def code_digest() -> str:
    """Digest of the code that parses, and of the libraries that it parses with."""
    libraries = [f"{name} {version(name)}" for name in ("polars", "pyarrow", "fastexcel")]
    return "\n".join([digest_of(Path(__file__).parent, ("*.py",)), *libraries])


def _register_digest(register: Register) -> str:
    return " ".join(sorted(register.county_codes | register.municipality_codes))
