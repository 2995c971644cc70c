"""A cache of parsed files, known by their content: the same file is parsed once.

A folder per file, which may be deleted at any time: `fitting.parquet`, `rejected.parquet` and `about.json`. It is
known by the file's content, the feed, the register and the code that parses; where it is not whole, the file is parsed
again. Holds values of rows, as the landing folder does; only its owner may look.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from dagster_project.digest import digest_of, sha256_of
from dagster_project.ingest.area_register import Register
from dagster_project.ingest.feeds import Feed
from dagster_project.ingest.landing import DeliveredFile
from dagster_project.ingest.parse import LOADED, About, ParsedFile, parse
from dagster_project.ingest.raw_rows import Remark

_FITTING, _REJECTED, _ABOUT = "fitting.parquet", "rejected.parquet", "about.json"


@dataclass(frozen=True)
class KeptFile:
    """A parsed file on disk: what is said of it, and the folder with its rows; None where it has none."""

    about: About
    folder: Path | None = None

    @property
    def fitting(self) -> Path | None:
        """Parquet file of the rows that fit."""
        return self.folder / _FITTING if self.folder else None

    @property
    def rejected(self) -> Path | None:
        """Parquet file of the rows that do not fit."""
        return self.folder / _REJECTED if self.folder else None


def parsed_file(delivery: DeliveredFile, feed: Feed, register: Register, kept: Path) -> KeptFile:
    """A delivered file as it was parsed, from the folder `kept` or, failing that, parsed now and then kept there.

    A file that cannot be read is looked at again every time.
    """
    if not delivery.is_as_sent:
        return KeptFile(About("unreadable", "its sender says another digest of it: deliver it again, whole"))
    key = (feed.name, delivery.path.suffix.lower(), delivery.sha256, register.digest, parsing_code())
    folder = kept / hashlib.sha256("\n".join(key).encode()).hexdigest()
    about = _about_whole(folder)
    if about is None:
        parsed = parse(delivery.path, feed, register)
        if parsed.about.status != LOADED:
            return KeptFile(parsed.about)
        about = _keep(parsed, folder)
    return KeptFile(about, folder)


def _keep(parsed: ParsedFile, folder: Path) -> About:
    """Put the folder in its place by one rename. Attempts of one file at the same time write identical content."""
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    try:
        parsed.fitting.write_parquet(scratch / _FITTING, compression="lz4", statistics=False)
        parsed.rejected.write_parquet(scratch / _REJECTED, compression="lz4")
        about = {**asdict(parsed.about), "digests": _digests(scratch)}
        (scratch / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        try:
            scratch.rename(folder)
        except OSError:
            if _about_whole(folder) is None:  # unless another process has just put it there
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return parsed.about


def _about_whole(folder: Path) -> About | None:
    """What is said of a kept file; an incomplete folder is deleted, and None returned."""
    try:
        content = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        if content.pop("digests") == _digests(folder):
            return About(**content | {"remarks": tuple(Remark(**remark) for remark in content["remarks"])})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    return None


def _digests(folder: Path) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in (_FITTING, _REJECTED)}


def delete_unused(kept: Path, used: set[Path]) -> None:
    """Delete what is kept of files that a build did not use."""
    for folder in kept.iterdir():
        if folder not in used:
            shutil.rmtree(folder, ignore_errors=True)


@cache
def parsing_code() -> str:
    """Digest of the code that parses, and of the libraries that it parses with."""
    libraries = [f"{name} {version(name)}" for name in ("polars", "pyarrow", "fastexcel")]
    return "\n".join([digest_of(Path(__file__).parent, ("*.py",)), *libraries])
