-- R3, R4, R7, R8: what waits for somebody, with its age: one row per kind, quota year and area that has it, which is a
-- county where its board decides, else a municipality.
with waiting as (
    select
        kind,
        quota_year,
        municipality_code as area_code,
        cases,
        persons,
        oldest_date
    from {{ ref('log_to_do') }}
    union all
    select
        'over_plan_unapproved' as kind,
        quota_year,
        municipality_code as area_code,
        count(*) as cases,
        sum(over_plan_unapproved_persons) as persons,
        min(plan_month) as oldest_date
    from {{ ref('plan_deviations') }}
    where over_plan_unapproved_persons > 0
    group by all
    union all
    -- Of a year that has passed nothing can be assigned any more.
    select
        'nothing_assigned' as kind,
        quota_year,
        municipality_code as area_code,
        count(*) filter (where planned_persons > 0) as cases,
        sum(planned_persons) as persons,
        min(plan_month) filter (where planned_persons > 0) as oldest_date
    from {{ ref('plan_deviations') }}
    where is_complete_month and quota_year = year({{ as_of_date() }})
    group by all
    having sum(assigned_persons) = 0 and sum(planned_persons) > 0
    union all
    select
        'change_request' as kind,
        quota_year,
        municipality_code as area_code,
        count(distinct request_id) as cases,
        null as persons,
        min(requested_date) as oldest_date
    from {{ ref('change_request_months') }}
    where status = 'pending'
    group by all
    union all
    select
        'redistribution' as kind,
        undecided.quota_year,
        municipalities.county_code as area_code,
        count(*) as cases,
        sum(undecided.persons) as persons,
        min(undecided.requested_date) as oldest_date
    from {{ ref('redistribution_outcomes') }} as undecided
    inner join {{ ref('municipalities') }} as municipalities
        on undecided.from_municipality_code = municipalities.municipality_code
    where undecided.status = 'pending'
    group by all
    union all
    select
        status as kind,
        quota_year,
        county_code as area_code,
        count(*) as cases,
        max(lanstal_persons - coalesce(kommuntal_total_persons, 0)) as persons,
        min(valid_from_date) as oldest_date
    from {{ ref('county_quotas') }}
    where
        (status = 'kommuntal_awaited' and valid_to_date >= {{ as_of_date() }})
        or (status = 'kommuntal_missing' and is_current)
    group by all
)

select
    kind,
    quota_year::bigint as quota_year,
    area_code,
    cases,
    persons::bigint as persons,
    oldest_date,
    greatest(0, {{ as_of_date() }} - oldest_date) as waiting_days
from waiting
order by kind, oldest_date, quota_year, area_code
