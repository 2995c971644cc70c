-- R6, R7, R11: one row per quota year and municipality with a kommuntal decision or an assignment that year.
with planned as (
    select
        quota_year,
        municipality_code,
        sum(planned_persons) as planned_persons
    from {{ ref('monthly_plan') }}
    group by all
),

kommuntal as (
    select
        quota_year,
        municipality_code,
        kommuntal_persons
    from {{ ref('municipality_quotas') }}
    where is_current
),

municipality_years as (
    select
        quota_year,
        municipality_code
    from planned
    union
    select
        quota_year,
        municipality_code
    from {{ ref('log_years') }}
)

select
    municipality_years.quota_year,
    municipality_years.municipality_code,
    kommuntal.kommuntal_persons,
    coalesce(planned.planned_persons, 0)::bigint as planned_persons,
    {{ counted_persons('counted.received_persons') }} as received_persons,
    {{ counted_persons('counted.open_persons') }} as open_persons,
    {{ counted_persons('counted.cancelled_persons') }} as cancelled_persons,
    kommuntal.kommuntal_persons
    - {{ counted_persons('counted.received_persons') }}
    - {{ counted_persons('counted.open_persons') }} as unassigned_persons,
    {{ counted_persons('counted.received_later_persons') }} as received_later_persons,
    {{ counted_persons('counted.received_by_replacement_persons') }} as received_by_replacement_persons,
    {{ counted_persons('counted.overdue_persons') }} as overdue_persons
from municipality_years
left join {{ ref('years_covered_by_log') }} as covered using (quota_year)
left join planned using (quota_year, municipality_code)
left join {{ ref('log_years') }} as counted using (quota_year, municipality_code)
left join kommuntal using (quota_year, municipality_code)
order by municipality_years.quota_year, municipality_years.municipality_code
