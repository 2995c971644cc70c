"""Writes docs/licences.md: every package of the lock with its version and licence, as the packages themselves say."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from dagster_project.settings import ROOT

_CLASSIFIER = "License :: OSI Approved :: "


def locked_packages() -> list[str]:
    """Names in requirements.lock, once each."""
    pins = re.findall(r"^([a-z0-9][a-z0-9._-]*)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    return sorted(set(pins))


def licence_of(package: str) -> tuple[str, str] | None:
    """(version, licence) of an installed package; None where this platform does not need it."""
    try:
        described = metadata(package)
    except PackageNotFoundError:
        return None
    classifiers = [
        text.removeprefix(_CLASSIFIER) for text in described.get_all("Classifier", []) if _CLASSIFIER in text
    ]
    expression, free_text = ("".join(described.get_all(key, [])) for key in ("License-Expression", "License"))
    licence = expression or ", ".join(classifiers) or free_text or "not stated"
    return described["Version"], licence.splitlines()[0][:60]


def licences_markdown() -> str:
    """The page, whole."""
    lines = [
        "# Licences of dependencies",
        "",
        "Made by `make licences` from what the installed packages say of themselves. This project: EUPL-1.2.",
        "",
        "| package | version | licence |",
        "|---|---|---|",
    ]
    for package in locked_packages():
        found = licence_of(package)
        if found:
            lines.append(f"| {package} | {found[0]} | {found[1]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(licences_markdown(), encoding="utf-8")
