"""Suite on marts.municipality_quotas: kommuntal is never negative."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.suite import Row, Suite, deciding


def _describe(row: Row) -> str:
    return (
        f"{row['municipality_name']} {row['quota_year']} from {row['valid_from_date']:%Y-%m-%d}: "
        f"decided {row['decided_persons']}, redistributed {row['redistributed_persons']}, "
        f"kommuntal {row['kommuntal_persons']}"
    )


SUITE = Suite(
    table="marts.municipality_quotas",
    query="""
        select quotas.*, municipalities.municipality_name
        from marts.municipality_quotas as quotas
        inner join marts.municipalities as municipalities using (municipality_code)
        order by quota_year, municipality_code, valid_from_date
    """,
    expectations=(
        gxe.ExpectColumnValuesToBeBetween(
            column="kommuntal_persons", min_value=0, **deciding("kommuntal_not_negative")
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="valid_to_date", column_B="valid_from_date", or_equal=True
        ),
    ),
    describe=_describe,
)
