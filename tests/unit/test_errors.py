"""What is told of an error: never a value, always what to do."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from dagster_project.errors import ReportableError, StepBrokeError, printable, reportable, without_values

SECRET = "A-hemlig-1234"


def caught(error: Exception) -> Exception:
    try:
        raise error
    except Exception as raised:
        return raised


def test_a_library_error_is_told_without_its_text() -> None:
    told = reportable(caught(ValueError(f"could not convert {SECRET}")))
    assert isinstance(told, StepBrokeError)
    assert SECRET not in str(told)
    assert "ValueError in test_errors.py line" in str(told)


def test_a_tellable_error_is_told_as_it_is() -> None:
    error = ReportableError("the county board must decide")
    assert reportable(error) is error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "kein Platz"), "no space left on the disk"),
        (OSError(errno.EROFS, "x"), "read-only"),
        (OSError(errno.EFBIG, "x"), "larger than this system allows"),
        (PermissionError(errno.EACCES, "x"), "may not be written"),
        (sqlite3.OperationalError("database or disk is full"), "no space left on the disk"),
        (RuntimeError("IO Error: Could not write file: No space left on device"), "no space left on the disk"),
    ],
)
def test_full_disks_and_missing_rights_are_named(error: Exception, told: str) -> None:
    assert told in str(reportable(caught(error)))
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = error
    assert told in str(reportable(caught(wrapped)))


def test_values_in_quotation_marks_are_left_out() -> None:
    assert SECRET not in without_values(f"Could not convert string '{SECRET}' to INT32 in \"{SECRET}\"")


def test_names_of_files_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[2J\n\u202e.csv") == "a\\x1b[2J\\n\\u202e.csv"
    assert printable("åäö.csv") == "åäö.csv"
