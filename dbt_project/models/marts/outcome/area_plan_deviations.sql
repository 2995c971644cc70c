-- Plan against outcome of the whole country and of each county: one row per area and month.
with summed as (
    select
        areas.area_code,
        deviations.plan_month,
        deviations.quota_year,
        sum(deviations.planned_persons)::bigint as planned_persons,
        sum(deviations.assigned_persons)::bigint as assigned_persons,
        sum(deviations.cancelled_persons)::bigint as cancelled_persons,
        sum(deviations.net_assigned_persons)::bigint as net_assigned_persons,
        sum(deviations.deviation_persons)::bigint as deviation_persons,
        sum(deviations.prior_year_replacement_persons)::bigint as prior_year_replacement_persons,
        sum(deviations.received_in_month_persons)::bigint as received_in_month_persons,
        sum(deviations.over_plan_persons)::bigint as over_plan_persons,
        sum(deviations.over_plan_unapproved_persons)::bigint as over_plan_unapproved_persons,
        coalesce(counted.municipalities_missing, areas.municipalities_in_area) as municipalities_missing
    from {{ ref('plan_deviations') }} as deviations
    inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
    left join {{ ref('area_years_counted') }} as counted using (area_code, quota_year)
    where areas.area_level <> 'municipality'
    group by all
),

cumulated as (
    select
        *,
        (sum(planned_persons) over year_to_date)::bigint as cumulative_planned_persons,
        (sum(net_assigned_persons) over year_to_date)::bigint as cumulative_net_assigned_persons
    from summed
    window year_to_date as (partition by area_code, quota_year order by plan_month)
)

select
    area_code,
    plan_month,
    quota_year,
    planned_persons,
    assigned_persons,
    cancelled_persons,
    net_assigned_persons,
    deviation_persons,
    cumulative_planned_persons,
    cumulative_net_assigned_persons,
    case when deviation_persons is not null then cumulative_net_assigned_persons - cumulative_planned_persons end
        as cumulative_deviation_persons,
    prior_year_replacement_persons,
    received_in_month_persons,
    over_plan_persons,
    over_plan_unapproved_persons,
    municipalities_missing
from cumulated
order by area_code, plan_month
