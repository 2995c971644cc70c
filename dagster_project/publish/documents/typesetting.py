"""How PDFs are made: several at a time, each failing alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_project.publish.documents.glyphs import displayable
from dagster_project.publish.failures import Failure, failure

HERE = Path(__file__).parent
_DOCUMENTS_AT_A_TIME = 50

# What documents say, by template and file name.
Contents = dict[str, dict[str, dict[str, Any]]]


def digest(contents: dict[str, Any], templates: Collection[str]) -> str:
    """Of all that decides what documents look like."""
    made_with = [version("typst"), *((HERE / name).read_text(encoding="utf-8") for name in templates)]
    text = json.dumps([contents, made_with], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def typeset(
    typesetters: Executor, folder: Path, contents: Contents, as_of: date, latest: str
) -> Iterator[Future[list[Failure]]]:
    """Begin to write documents into a folder; each part gives those that cannot be made, with addresses in `latest`."""
    for template, documents in contents.items():
        for part in _parts(documents):
            yield typesetters.submit(_typeset, folder, template, part, as_of, latest)


def _parts(documents: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Documents in parts that are compiled in parallel."""
    names = list(documents)
    for start in range(0, len(names), _DOCUMENTS_AT_A_TIME):
        yield {name: documents[name] for name in names[start : start + _DOCUMENTS_AT_A_TIME]}


def _typeset(folder: Path, template: str, documents: dict[str, Any], as_of: date, latest: str) -> list[Failure]:
    """Write documents of one template; those that cannot be made."""
    import typst  # noqa: PLC0415 (only when there is a document to write)

    compiler = typst.Compiler(HERE / template, root=HERE, ignore_system_fonts=True)
    made = datetime.combine(as_of, time(), UTC)

    def pdf_of(content: dict[str, Any]) -> bytes:
        inputs = {"data": json.dumps(content, ensure_ascii=False)}
        return compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards="ua-1", timestamp=made)  # type: ignore[return-value]

    failures = []
    for name, content in documents.items():
        try:
            pdf = _or_with_replacements(pdf_of, content)
        except BaseException as error:  # in this thread none ends the program, and a panic of typst is no Exception
            failures.append(failure(f"{latest}/{name}", template, error))
        else:
            (folder / name).write_bytes(pdf)
    return failures


def _or_with_replacements(pdf_of: Callable[[dict[str, Any]], bytes], content: dict[str, Any]) -> bytes:
    """The document, with characters replaced that no font has, where typst refuses it as it is."""
    import typst  # noqa: PLC0415 (only when there is a document to write)

    try:
        return pdf_of(content)
    except (typst.TypstError, UnicodeEncodeError):
        return pdf_of(displayable(content))
