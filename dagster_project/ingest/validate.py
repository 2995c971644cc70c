"""Validates the rows of one delivery against its feed: which rows fit, and why the others do not.

Source: contract, section 2. Everything is a Polars expression over whole columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from dagster_project.ingest.area_register import Register
from dagster_project.ingest.feeds import COUNTY_LEVEL, LARGEST_LIST_BYTES, Column, Feed, Kind, When
from dagster_project.ingest.read import ROW_NUMBER, RawRows

ROW_HASH = "row_hash"
REJECTION = "rejection"

_ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
_TIMESTAMP = r"^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(\.\d{1,6})?\d*(Z|[+-]\d{2}:?\d{2})?)?$"


@dataclass(frozen=True)
class Validated:
    """What became of a delivery's rows.

    `fitting`: row_number, row_hash (equal for rows that are equal in all contract columns) and the feed's columns,
    typed. `rejected`: row_number, rejection (the reason code).
    """

    fitting: pl.DataFrame
    rejected: pl.DataFrame


def validate(delivery: RawRows, feed: Feed, register: Register) -> Validated:
    """Split the delivery into rows that fit and rows that do not; every row ends in exactly one of the two."""
    canonical, texts = _canonical(delivery, feed)
    bounded, in_force_reason = _bounded_in_force(feed)
    judged = (
        canonical.with_columns(
            canonical.select(feed.column_names).hash_rows().alias(ROW_HASH),
            pl.coalesce(*_reasons(texts, feed, register), pl.lit(None, pl.String)).alias(REJECTION),
        )
        .with_columns(_typed(column).alias(column.name) for column in feed.columns)
        .with_columns(bounded)
        .with_columns(pl.coalesce(REJECTION, in_force_reason).alias(REJECTION))
    )
    return Validated(
        fitting=judged.filter(pl.col(REJECTION).is_null()).select(ROW_NUMBER, ROW_HASH, *feed.column_names),
        rejected=judged.filter(pl.col(REJECTION).is_not_null()).select(ROW_NUMBER, REJECTION),
    )


# The distinct values of every column that has few of them, which are checked once instead of on every row.
_Texts = dict[str, pl.Series]
_AS_DELIVERED = "as delivered"


def _canonical(delivery: RawRows, feed: Feed) -> tuple[pl.DataFrame, _Texts]:
    """The contract's columns as trimmed text, blank = null, codes and numbers in one spelling; and moments."""
    positions = {name: delivery.position_of(name) for name in feed.column_names}
    rows = delivery.rows.select(
        ROW_NUMBER,
        *(
            (pl.lit(None, pl.String) if position is None else pl.col(position)).alias(name)
            for name, position in positions.items()
        ),
    )
    texts: _Texts = {}
    for column in feed.columns:
        if column.kind is Kind.TEXT:  # ids, few of which come twice
            rows = _trimmed(rows, column.name)
        else:
            rows, texts[column.name] = _spelled(rows, column)
    return rows, texts


def _spelled(rows: pl.DataFrame, column: Column) -> tuple[pl.DataFrame, pl.Series]:
    """Bring a column into its canonical spelling, and a timestamp to its moment; return its distinct texts too."""
    name = column.name
    known_by = [column.decided_by] if column.decided_by and column.kind is Kind.AREA_CODE else []
    texts = rows.select(name, *known_by).unique().with_columns(pl.col(name).alias(_AS_DELIVERED))
    texts = _trimmed(texts, name)
    if column.kind is Kind.TIMESTAMP:
        texts = texts.with_columns(_utc(pl.col(name)).alias(_moment(name)))
    texts = texts.with_columns(_one_spelling(column).alias(name))
    is_as_delivered = texts.filter(pl.col(name).ne_missing(pl.col(_AS_DELIVERED))).is_empty()
    if not is_as_delivered or column.kind is Kind.TIMESTAMP:
        asked = rows.select(pl.col(name).alias(_AS_DELIVERED), *known_by)
        found = asked.join(texts, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")
        rows = rows.with_columns(found.drop(asked.columns).get_columns())
    return rows, texts[name].unique()


def _trimmed(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    # In two steps: in a single expression Polars would trim twice.
    trimmed = rows.with_columns(pl.col(name).str.strip_chars())
    return trimmed.with_columns(pl.when(pl.col(name) != "").then(name).alias(name))


def _moment(name: str) -> str:
    """Column with the timestamp, without zone, in UTC, that the text of a column says; null where it says none."""
    return f"{name} as a moment"


def _one_spelling(column: Column) -> pl.Expr:
    text = pl.col(column.name)
    match column.kind:
        case Kind.AREA_CODE:
            digits = pl.when(pl.col(column.decided_by) == COUNTY_LEVEL).then(2).otherwise(4) if column.decided_by else 4
            padded = text.str.zfill(digits)
            return pl.when(text.str.contains(r"^\d+$")).then(padded).otherwise(text)
        case Kind.WHOLE_NUMBER:
            number = text.cast(pl.Int64, strict=False)
            return (
                pl.when(text.str.contains(r"^[+-]?\d+$") & number.is_not_null())
                .then(number.cast(pl.String))
                .otherwise(text)
            )
        case Kind.ID_LIST:
            ids = text.str.split(";").list.eval(pl.element().str.strip_chars())
            kept = ids.list.eval(pl.element().filter(pl.element() != "").unique(maintain_order=True)).list.join(";")
            return pl.when(kept != "").then(kept)
        case Kind.TIMESTAMP:
            return pl.coalesce(pl.col(_moment(column.name)).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f"), text)
        case _:
            return text


def _typed(column: Column) -> pl.Expr:
    text = pl.col(column.name)
    match column.kind:
        case Kind.WHOLE_NUMBER:
            return text.cast(pl.Int64, strict=False)
        case Kind.DATE | Kind.MONTH:
            return text.str.to_date("%Y-%m-%d", strict=False)
        case Kind.TIMESTAMP:
            return pl.col(_moment(column.name))
        case Kind.CHOICE if column.applies:  # a word that does not apply may be any, and is as good as none
            return pl.when(_holds(column.applies)).then(text)
        case _:
            return text


def _utc(text: pl.Expr) -> pl.Expr:
    """Timestamp without zone, in UTC; null where the text is no timestamp."""
    parts = text.str.extract_groups(_TIMESTAMP)
    part = [parts.struct.field(str(number)) for number in range(1, 6)]
    local = pl.concat_str(
        part[0], pl.lit("T"), part[1].fill_null("00:00"), part[2].fill_null(":00"), part[3].fill_null("")
    ).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    zone = part[4].fill_null("Z").str.replace_all(":", "")
    has_offset = zone != "Z"
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    minutes = zone.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + zone.str.slice(3, 2).cast(pl.Int64, strict=False)
    offset = pl.when(has_offset).then(sign * minutes).otherwise(0)
    return local - pl.duration(minutes=offset)


def _holds(condition: When) -> pl.Expr:
    value = pl.col(condition.column)
    return value.is_in(condition.values).fill_null(False) if condition.values else value.is_not_null()


def _reasons(texts: _Texts, feed: Feed, register: Register) -> Iterator[pl.Expr]:
    """One expression per rejection that can occur, in the order in which the first that applies is given."""
    for column in feed.columns:
        missing = pl.col(column.name).is_null()
        if isinstance(column.required, When):
            yield _reason("missing_value", column, missing & _holds(column.required))
        elif column.required:
            yield _reason("missing_value", column, missing)
        for reason, at_fault in _faults(column, register):
            of_one_column = set(at_fault.meta.root_names()) == {column.name}
            # In most files no distinct text is at fault, so that no row has to be looked at.
            if of_one_column and texts[column.name].to_frame().filter(at_fault).is_empty():
                continue
            yield _reason(reason, column, at_fault & _counts(column))


def _counts(column: Column) -> pl.Expr:
    """Whether the column applies to the row; the form of numbers and codes is checked on every row."""
    if column.applies is None or column.kind in (Kind.WHOLE_NUMBER, Kind.AREA_CODE):
        return pl.lit(True)
    return _holds(column.applies)


def _faults(column: Column, register: Register) -> Iterator[tuple[str, pl.Expr]]:
    """What can be wrong with a text, and the expression that is true where it is."""
    text = pl.col(column.name)
    match column.kind:
        case Kind.DATE:
            yield "bad_date", _not_a_date(text)
        case Kind.MONTH:
            yield "bad_date", _not_a_date(text)
            month = text.str.to_date("%Y-%m-%d", strict=False)
            in_year = month.dt.year() == pl.col("quota_year").cast(pl.Int64, strict=False)
            yield "out_of_range", ~((month.dt.day() == 1) & in_year)
        case Kind.TIMESTAMP:
            yield "bad_date", text.is_not_null() & pl.col(_moment(column.name)).is_null()
        case Kind.WHOLE_NUMBER:
            yield "bad_number", ~text.str.contains(r"^[+-]?\d+$")
            number = text.cast(pl.Int64, strict=False)
            in_range = (
                number.is_between(pl.lit(column.minimum, pl.Int64), pl.lit(column.maximum, pl.Int64))
                & number.is_not_null()
            )
            yield "out_of_range", text.is_not_null() & ~in_range
        case Kind.AREA_CODE:
            yield "unknown_area", ~_is_area(column, register)
        case Kind.CHOICE:
            yield "unknown_value", ~_is_word(column)
        case Kind.ID_LIST:
            beside = pl.sum_horizontal(pl.col(name).str.len_bytes() for name in column.listed_with)
            rows = text.str.count_matches(";", literal=True) + 1
            yield "out_of_range", rows.cast(pl.Int64) * beside.cast(pl.Int64) > LARGEST_LIST_BYTES
        case Kind.TEXT:
            return


def _not_a_date(text: pl.Expr) -> pl.Expr:
    return text.is_not_null() & ~(
        text.str.contains(_ISO_DATE) & text.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    )


def _is_area(column: Column, register: Register) -> pl.Expr:
    code = pl.col(column.name)
    is_municipality = code.is_in(register.municipality_codes)
    if column.decided_by is None:
        return is_municipality
    is_county = code.is_in(register.county_codes)
    return pl.when(pl.col(column.decided_by) == COUNTY_LEVEL).then(is_county).otherwise(is_municipality)


def _is_word(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    if column.decided_by is None:
        return value.is_in(column.words)
    allowed: Mapping[str, tuple[str, ...]] = column.words_by
    decided_by = pl.col(column.decided_by)
    return pl.any_horizontal((decided_by == decider) & value.is_in(words) for decider, words in allowed.items())


def _reason(reason: str, column: Column, applies: pl.Expr) -> pl.Expr:
    return pl.when(applies).then(pl.lit(f"{reason}:{column.name}"))


def _bounded_in_force(feed: Feed) -> tuple[list[pl.Expr], pl.Expr]:
    """Expressions that fill in and bound `in_force_date`, and the reason for rows in force after their quota year.

    A missing decided_date takes in_force_date as it was delivered; only then is in_force_date raised to 1 January.
    """
    if feed.in_force is None:
        return [], pl.lit(None, pl.String)
    new_year = pl.date(pl.col("quota_year"), 1, 1)
    delivered = pl.col("in_force_date").fill_null(pl.max_horizontal("decided_date", new_year))
    bounded = pl.max_horizontal(delivered, new_year)
    holds = _holds(feed.in_force)
    too_late = holds & (pl.col("in_force_date") > pl.date(pl.col("quota_year"), 12, 31))
    return [
        pl.when(holds).then(bounded).otherwise("in_force_date").alias("in_force_date"),
        pl.when(holds)
        .then(pl.col("decided_date").fill_null(delivered))
        .otherwise("decided_date")
        .alias("decided_date"),
    ], pl.when(too_late).then(pl.lit("out_of_range:in_force_date"))
