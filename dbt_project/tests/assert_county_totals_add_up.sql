-- Fails for a county, quota year and spell whose total is not the sum of its municipalities' kommuntal on its first
-- or last day (R3). It would catch a change of kommuntal that the county's spells do not follow.
{{ config(meta={'dagster': {'ref': {'name': 'county_quotas'}}}) }}
with days as (
    select
        quota_year,
        county_code,
        kommuntal_total_persons,
        unnest(list_distinct([valid_from_date, valid_to_date])) as day
    from {{ ref('county_quotas') }}
),

sums as (
    select
        days.quota_year,
        days.county_code,
        days.day,
        days.kommuntal_total_persons,
        sum(quotas.kommuntal_persons) as summed_persons
    from days
    inner join {{ ref('municipalities') }} as municipalities using (county_code)
    left join {{ ref('municipality_quotas') }} as quotas
        on municipalities.municipality_code = quotas.municipality_code
        and days.quota_year = quotas.quota_year
        and days.day between quotas.valid_from_date and quotas.valid_to_date
    group by all
)

select
    quota_year,
    county_code,
    day,
    kommuntal_total_persons,
    summed_persons
from sums
where kommuntal_total_persons is distinct from summed_persons
