"""Errors whose messages may be shown and logged, and how any other error is made into one.

An error of a library may carry values of the row that it stumbled over; only its kind and place are reported.
"""

from __future__ import annotations

import errno
import re
import traceback
from pathlib import Path

_OUR_CODE = Path(__file__).resolve().parent.parent

# What a full disk or a missing right looks like in the words of the libraries that write.
_PLACE_FAULTS = (
    ("No space left on device", "there is no space left on the disk: make room and build again"),
    ("database or disk is full", "there is no space left on the disk: make room and build again"),
    ("disk I/O error", "the disk is full or broken: make room and build again"),
    ("Disk quota exceeded", "the disk quota is used up: make room and build again"),
    ("File too large", "a file would become larger than this system allows: raise the limit and build again"),
    ("Read-only file system", "the output folder is read-only: make it writable, or name another"),
    ("readonly database", "the output folder is read-only: make it writable, or name another"),
    ("Permission denied", "the output folder may not be written: give the right to, or name another"),
    ("unable to open database file", "the output folder may not be written: give the right to, or name another"),
    ("File exists", "a file stands where the output folder should be: move it, or name another folder"),
    ("Not a directory", "a file stands where the output folder should be: move it, or name another folder"),
    ("Out of Memory", "there is not enough memory: free some, or use a larger machine"),
)

# The system's words, whatever its language.
_ERRNO_WORDS = {
    errno.ENOSPC: "No space left on device",
    errno.EDQUOT: "Disk quota exceeded",
    errno.EFBIG: "File too large",
    errno.EROFS: "Read-only file system",
    errno.EACCES: "Permission denied",
    errno.EPERM: "Permission denied",
    errno.EEXIST: "File exists",
    errno.ENOTDIR: "Not a directory",
}


class ReportableError(Exception):
    """An error whose message says what is wrong and what to do, and holds no value of any row."""


class WrongUsageError(ReportableError):
    """What the program was asked to do, or how it was set up, cannot be done; nothing was begun."""


class StepBrokeError(ReportableError):
    """A step ended in an unexpected error."""


def reportable(error: BaseException) -> ReportableError:
    """The error itself if it may be shown, otherwise one that says as much of it as may be shown."""
    if isinstance(error, ReportableError):
        return error
    place_fault = _place_fault(error)
    if place_fault:
        return StepBrokeError(place_fault)
    return StepBrokeError(f"{kind_and_place(error)}, a defect of this program: tell the engineers")


def kind_and_place(error: BaseException) -> str:
    """What kind of error was raised and where, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame for frame in frames if Path(frame.filename).is_relative_to(_OUR_CODE) and ".venv" not in frame.filename
    ]
    last = ours[-1] if ours else frames[-1]
    return f"{type(error).__name__} in {Path(last.filename).name} line {last.lineno}"


def _place_fault(error: BaseException) -> str | None:
    texts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(texts) < 10:
        texts.append(str(seen))
        if isinstance(seen, OSError):
            texts.append(_ERRNO_WORDS.get(seen.errno or 0, ""))
        seen = seen.__cause__ or seen.__context__
    return place_fault_in(" ".join(texts))


def place_fault_in(text: str) -> str | None:
    """What to say when the text is about a full disk, a missing right or the like."""
    return next((sentence for words, sentence in _PLACE_FAULTS if words.lower() in text.lower()), None)


def without_values(text: str) -> str:
    """The text without anything in quotation marks, which may be a value of a row."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "…", text)


def printable(name: str) -> str:
    """A file's name with everything escaped that a terminal would obey."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)
