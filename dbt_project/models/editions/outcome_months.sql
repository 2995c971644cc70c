-- Plan beside outcome for everyone, month by month, each month's outcome as it was first published: one row per area
-- and month. Areas have the sums of their municipalities.
with published as (
    pivot (
        select
            area_code,
            plan_month,
            quota_year,
            first_public_day,
            figure,
            persons
        from {{ ref('first_published_figures') }}
        where plan_month is not null
    )
    on figure in ('net_assigned', 'received_in_month', 'cancelled_in_month', 'replaced_in_month')
    using sum(persons)
),

series as (
    select *
    from published
    where area_code <> '00'
),

of_country as (
    select *
    from published
    where area_code = '00'
),

of_municipalities as (
    select
        coalesce(published.area_code, planned.municipality_code) as municipality_code,
        coalesce(published.plan_month, planned.plan_month) as plan_month,
        coalesce(published.quota_year, planned.quota_year) as quota_year,
        coalesce(planned.planned_persons, 0) as planned_persons,
        published.net_assigned,
        published.received_in_month,
        published.first_public_day
    from {{ ref('monthly_plan') }} as planned
    full join series as published
        on planned.municipality_code = published.area_code and planned.plan_month = published.plan_month
),

summed as (
    select
        areas.area_code,
        areas.area_level,
        months.plan_month,
        months.quota_year,
        sum(months.planned_persons)::bigint as planned_persons,
        sum(months.net_assigned)::bigint as net_assigned_persons,
        sum(months.received_in_month)::bigint as received_in_month_persons,
        min(months.first_public_day) as first_public_day
    from of_municipalities as months
    inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
    group by all
)

select
    summed.area_code,
    summed.area_level,
    summed.plan_month,
    summed.quota_year,
    summed.planned_persons,
    summed.net_assigned_persons,
    summed.net_assigned_persons - summed.planned_persons as deviation_persons,
    summed.received_in_month_persons,
    of_country.cancelled_in_month::bigint as cancelled_in_month_persons,
    of_country.replaced_in_month::bigint as replaced_in_month_persons,
    summed.first_public_day
from summed
left join of_country using (area_code, plan_month)
order by summed.area_code, summed.plan_month
