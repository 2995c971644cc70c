"""How values are written in SQL where they cannot be given as parameters, and how rows are read by their columns."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

Row = Any  # a named tuple with the columns of its query


def sql_text(text: object) -> str:
    """The text as a value in SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def named_rows(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[Row]:
    """All rows of a query with its parameters."""
    found = connection.execute(query, list(values))
    kind = namedtuple("Row", [column[0] for column in found.description or []])  # type: ignore[misc]
    return [kind._make(row) for row in found.fetchall()]
