"""Suite on marts.county_quotas: R3, county totals never fall below länstal."""

from __future__ import annotations

from typing import Literal

import great_expectations.expectations as gxe

from expectations.check_outcome import counted
from expectations.suite import Row, Suite, deciding


class ExpectCountyTotalNotBelowLanstal(gxe.ExpectColumnPairValuesAToBeGreaterThanB):
    """Expect the sum of a county's kommuntal to be at or above its länstal, in every spell where both are known."""

    column_B: str = "lanstal_persons"  # noqa: N815 (the library's name)
    or_equal: bool = True
    ignore_row_if: Literal["either_value_is_missing"] = "either_value_is_missing"


def _describe(row: Row) -> str:
    spell = f"{row['valid_from_date']:%Y-%m-%d} to {row['valid_to_date']:%Y-%m-%d}"
    where = f"{row['county_name']} {row['quota_year']}, {spell}"
    lanstal = int(row["lanstal_persons"])
    if row["status"] == "kommuntal_missing":
        return f"{where}: länstal {lanstal}, but no kommuntal decided"
    total = int(row["kommuntal_total_persons"])
    return f"{where}: länstal {lanstal}, sum of kommuntal {total}, {counted(lanstal - total, 'person')} short"


SUITE = Suite(
    table="marts.county_quotas",
    query="""
        select
            quotas.*,
            counties.county_name,
            quotas.valid_to_date < $as_of as is_past,
            case when status <> 'kommuntal_awaited' then quotas.kommuntal_total_persons end as answered_persons,
            case when not is_past then answered_persons end as total_now_or_later,
            case when is_past then answered_persons end as total_in_the_past,
            not (status = 'kommuntal_awaited' and not is_past) as kommuntal_follows_lanstal,
            not (quotas.is_current and quotas.status = 'kommuntal_missing') as kommuntal_reported
        from marts.county_quotas as quotas
        inner join marts.counties as counties using (county_code)
        order by quota_year, county_code, valid_from_date
    """,
    expectations=(
        ExpectCountyTotalNotBelowLanstal(column_A="total_now_or_later", **deciding("county_total_not_below_lanstal")),
        ExpectCountyTotalNotBelowLanstal(
            column_A="total_in_the_past", **deciding("past_county_totals_not_below_lanstal", "warning")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="kommuntal_reported", value_set=[True], **deciding("kommuntal_reported", "warning")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="kommuntal_follows_lanstal", value_set=[True], **deciding("kommuntal_follows_lanstal", "warning")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="status",
            value_set=["ok", "below_lanstal", "kommuntal_awaited", "lanstal_missing", "kommuntal_missing"],
        ),
    ),
    describe=_describe,
)
