"""Validates the rows of one delivery against its feed: which rows fit, and why the others do not.

Source: contract, section 2. Everything is a Polars expression over whole columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dagster_project.ingest.area_register import Register
from dagster_project.ingest.feeds import COUNTY_LEVEL, LARGEST_LIST_BYTES, Column, Feed, Kind, When
from dagster_project.ingest.raw_rows import ROW_NUMBER, RawRows, clean
from dagster_project.settings import STOCKHOLM

ROW_HASH = "row_hash"
REJECTION = "rejection"

_ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MIDNIGHT = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(?::00(?:\.0+)?)?$"
_TIME, _ZONE = r"([0-9]{2}:[0-9]{2})(?:(:[0-9]{2})(?:\.([0-9]+))?)?", "(Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?"
_TIMESTAMP = f"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[T ]{_TIME}{_ZONE})?$"
_WHOLE_NUMBER = r"^(-?[0-9]+)(?:[.,]0+)?$"
_FIRST_YEAR, _LAST_YEAR = 2010, 2100
_YEAR = pl.when(pl.col("quota_year").is_between(_FIRST_YEAR, _LAST_YEAR)).then("quota_year")  # others are no dates


@dataclass(frozen=True)
class Validated:
    """What became of a delivery's rows.

    `fitting`: row_number, row_hash (equal for rows that are equal in the feed's own columns) and the feed's columns,
    typed. `rejected`: row_number, rejection (the reason code).
    """

    fitting: pl.DataFrame
    rejected: pl.DataFrame


def validate(delivery: RawRows, feed: Feed, register: Register) -> Validated:
    """Split the delivery into rows that fit and rows that do not; every row ends in exactly one of the two."""
    canonical, texts = _canonical(delivery, feed)
    reasons = (*_shifted(feed, delivery.ragged), *_reasons(texts, feed, register, delivery.error_cells))
    typed = canonical.with_columns(_first(*reasons)).with_columns(
        _typed(column).alias(column.name) for column in feed.columns
    )
    filled = typed.with_columns(_first(REJECTION, *_reasons_between(feed))).with_columns(_in_force(feed))
    judged = filled.with_columns(_first(REJECTION, *_reasons_in_force(feed)))
    own = judged.select(column.name for column in feed.own_columns)
    judged = judged.with_columns(own.hash_rows().alias(ROW_HASH))
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
        if column.kind in {Kind.TEXT, Kind.TIMESTAMP}:  # few of which come twice
            texts[column.name] = clean(rows[column.name])
            rows = rows.with_columns(texts[column.name])
            if column.kind is Kind.TIMESTAMP:
                rows = rows.with_columns(_utc(texts[column.name]).alias(_moment(column.name)))
        else:
            rows, texts[column.name] = _spelled(rows, column)
    return rows, texts


def _spelled(rows: pl.DataFrame, column: Column) -> tuple[pl.DataFrame, pl.Series]:
    """Bring a column into its canonical spelling; return its distinct texts too."""
    name = column.name
    known_by = [column.decided_by] if column.decided_by and column.kind is Kind.AREA_CODE else []
    texts = rows.select(name, *known_by).unique().with_columns(pl.col(name).alias(_AS_DELIVERED))
    texts = texts.with_columns(clean(texts[name]))
    texts = texts.with_columns(_one_spelling(column).alias(name))
    is_as_delivered = texts.filter(pl.col(name).ne_missing(pl.col(_AS_DELIVERED))).is_empty()
    if not is_as_delivered:
        asked = rows.select(pl.col(name).alias(_AS_DELIVERED), *known_by)
        found = asked.join(texts, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")
        rows = rows.with_columns(found.drop(asked.columns).get_columns())
    return rows, texts[name].unique()


def _moment(name: str) -> str:
    """Column with the timestamp, without zone, in UTC, that the text of a column says; null where it says none."""
    return f"{name} as a moment"


def _one_spelling(column: Column) -> pl.Expr:
    text = pl.col(column.name)
    match column.kind:
        case Kind.AREA_CODE:
            digits = pl.when(_is_of_county(column)).then(2).otherwise(4)
            healed = text.str.replace(_WHOLE_NUMBER, "$1")
            return pl.when(healed.str.contains("^[0-9]+$")).then(healed.str.zfill(digits)).otherwise(text)
        case Kind.WHOLE_NUMBER:
            number = text.str.extract(_WHOLE_NUMBER).cast(pl.Int64, strict=False)
            return pl.coalesce(number.cast(pl.String), text)
        case Kind.DATE | Kind.MONTH:
            return text.str.replace(_MIDNIGHT, "$1")
        case Kind.ID_LIST:
            ids = text.str.split(";").list.eval(pl.element().str.strip_chars())
            kept = ids.list.eval(pl.element().filter(pl.element() != "").unique(maintain_order=True)).list.join(";")
            return pl.when(kept != "").then(kept)
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
        case Kind.CHOICE if column.words_by and column.applies:  # where it does not apply, any word is as good as none
            return pl.when(_holds(column.applies)).then(text.fill_null(column.default))
        case _:
            return text


def _utc(texts: pl.Series) -> pl.Series:
    """Timestamps without zone, in UTC; null where the text is no timestamp. Without a zone it is Stockholm's time.

    What comes twice when clocks are put back is the first, and what is left out in spring counts in winter time.
    """
    # The parts are taken out once, not in each expression; the format is one that Polars reads quickly.
    parts = texts.str.extract_groups(_TIMESTAMP).struct.unnest()
    day, time, second, fraction, zone = map(pl.col, parts.columns)
    microseconds = fraction.fill_null("").str.head(6).str.pad_end(6, "0")
    padded = [day, pl.lit("T"), time.fill_null("00:00"), second.fill_null(":00"), pl.lit("."), microseconds]
    local = pl.concat_str(padded).str.to_datetime("%Y-%m-%dT%H:%M:%S.%6f", time_unit="us", strict=False)
    in_stockholm = local.dt.replace_time_zone(STOCKHOLM.key, ambiguous="earliest", non_existent="null")
    utc = in_stockholm.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    digits = zone.str.replace_all(":", "").str.replace("Z", "+00", literal=True)
    sign = pl.when(digits.str.starts_with("-")).then(-1).otherwise(1)
    rest = digits.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = digits.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + rest
    without_zone = pl.coalesce(utc, local - pl.duration(hours=1))
    with_zone = local - pl.duration(minutes=sign * minutes)
    return parts.select(pl.when(zone.is_null()).then(without_zone).otherwise(with_zone)).to_series()


def _holds(condition: When) -> pl.Expr:
    value = pl.col(condition.column)
    return value.is_in(condition.values).fill_null(False) if condition.values else value.is_not_null()


def _reasons(
    texts: _Texts, feed: Feed, register: Register, error_cells: Mapping[str, Sequence[int]]
) -> Iterator[pl.Expr]:
    """One expression per rejection of a single column, in the order in which the first that applies is given."""
    for column in feed.columns:
        rows_in_error = error_cells.get(column.name, [])
        in_error = pl.col(ROW_NUMBER).is_in(rows_in_error) if rows_in_error else pl.lit(False)
        missing = pl.col(column.name).is_null() & ~in_error
        if isinstance(column.required, When):
            yield _reason("missing_value", column, missing & _holds(column.required))
        elif column.required:
            yield _reason("missing_value", column, missing)
        if rows_in_error:
            yield _reason("error_cell", column, in_error)
        for reason, at_fault in _faults(column, register):
            of_one_column = set(at_fault.meta.root_names()) == {column.name}
            # In most files no distinct text is at fault, so that no row has to be looked at.
            if of_one_column and texts[column.name].to_frame().filter(at_fault).is_empty():
                continue
            yield _reason(reason, column, at_fault & _counts(column))


def _shifted(feed: Feed, ragged: Sequence[int]) -> Iterator[pl.Expr]:
    """In a row with a field too many: a word where none applies, and none of its column's. The fields are shifted."""
    for column in feed.columns:
        if ragged and column.words_by and column.applies:
            words = [word for several in column.words_by.values() for word in several]
            is_foreign = ~_holds(column.applies) & ~pl.col(column.name).is_in(words)
            yield pl.when(pl.col(ROW_NUMBER).is_in(ragged) & is_foreign).then(pl.lit("bad_row"))


def _reasons_between(feed: Feed) -> Iterator[pl.Expr]:
    """One expression per rejection that only two columns together can cause, on typed columns, in their order."""
    for column in feed.columns:
        value = pl.col(column.name)
        if column.beside:
            yield _reason("missing_value", column, value.is_null() & pl.col(column.beside).is_not_null())
        if column.kind is Kind.MONTH:
            yield _reason("out_of_range", column, value.dt.year() != pl.col("quota_year"))


def _counts(column: Column) -> pl.Expr:
    """Whether the column's form counts in the row: that of lists and of words that another column decides may not."""
    if column.applies is None or not (column.words_by or column.kind is Kind.ID_LIST):
        return pl.lit(True)
    return _holds(column.applies)


def _faults(column: Column, register: Register) -> Iterator[tuple[str, pl.Expr]]:
    """What can be wrong with a text, and the expression that is true where it is."""
    text = pl.col(column.name)
    match column.kind:
        case Kind.DATE | Kind.MONTH:
            day = text.str.to_date("%Y-%m-%d", strict=False)
            yield "bad_date", text.is_not_null() & ~(text.str.contains(_ISO_DATE) & day.is_not_null())
            is_first = day.dt.day() == 1 if column.kind is Kind.MONTH else pl.lit(True)
            yield "out_of_range", ~(day.dt.year().is_between(_FIRST_YEAR, _LAST_YEAR) & is_first)
        case Kind.TIMESTAMP:
            moment = pl.col(_moment(column.name))
            yield "bad_date", text.is_not_null() & moment.is_null()
            yield "out_of_range", ~text.str.head(4).cast(pl.Int64, strict=False).is_between(_FIRST_YEAR, _LAST_YEAR)
        case Kind.WHOLE_NUMBER:
            yield "bad_number", ~text.str.contains(_WHOLE_NUMBER)
            number = text.cast(pl.Int64, strict=False)
            bounds = pl.lit(column.minimum, pl.Int64), pl.lit(column.maximum, pl.Int64)
            yield "out_of_range", text.is_not_null() & ~number.is_between(*bounds).fill_null(False)
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


def _is_area(column: Column, register: Register) -> pl.Expr:
    code = pl.col(column.name)
    is_municipality, is_county = code.is_in(register.municipality_codes), code.is_in(register.county_codes)
    return pl.when(_is_of_county(column)).then(is_county).otherwise(is_municipality)


def _is_of_county(column: Column) -> pl.Expr:
    """Whether a county's code is meant, not a municipality's."""
    return (pl.col(column.decided_by) if column.decided_by else pl.lit(column.level)) == COUNTY_LEVEL


def _is_word(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    if column.decided_by is None:
        return value.is_in(column.words)
    allowed: Mapping[str, tuple[str, ...]] = column.words_by
    decided_by = pl.col(column.decided_by)
    return pl.any_horizontal((decided_by == decider) & value.is_in(words) for decider, words in allowed.items())


def _first(*reasons: str | pl.Expr) -> pl.Expr:
    """The first reason that applies; null where none does."""
    return pl.coalesce(*reasons, pl.lit(None, pl.String)).alias(REJECTION)


def _reason(reason: str, column: Column, applies: pl.Expr) -> pl.Expr:
    return pl.when(applies).then(pl.lit(f"{reason}:{column.name}"))


def _reasons_in_force(feed: Feed) -> Iterator[pl.Expr]:
    """The rejection of rows that take effect after their quota year, once `in_force_date` is filled in."""
    if feed.in_force:
        is_late = pl.col("in_force_date") > pl.date(_YEAR, 12, 31)
        yield pl.when(_holds(feed.in_force) & is_late).then(pl.lit("out_of_range:in_force_date"))


def _in_force(feed: Feed) -> list[pl.Expr]:
    """Expressions that fill in and bound `in_force_date`.

    A missing decided_date takes in_force_date as it was delivered; only then is in_force_date raised to 1 January.
    """
    if feed.in_force is None:
        return []
    new_year = pl.date(_YEAR, 1, 1)
    delivered = pl.col("in_force_date").fill_null(pl.max_horizontal("decided_date", new_year))
    holds = _holds(feed.in_force)
    return [
        pl.when(holds).then(pl.max_horizontal(delivered, new_year)).otherwise("in_force_date").alias("in_force_date"),
        pl.when(holds)
        .then(pl.col("decided_date").fill_null(delivered))
        .otherwise("decided_date")
        .alias("decided_date"),
    ]
