-- One row per quota year, county and spell in which nothing in force changes.
select
    quota_year,
    county_code,
    valid_from_date,
    valid_to_date,
    lanstal_persons,
    kommuntal_total_persons,
    margin_persons,
    status,
    is_current,
    municipalities_missing
from {{ ref('int_county_totals_compared') }}
order by quota_year, county_code, valid_from_date
