-- R4, R5, R8, R11: one row per municipality and month of the plan, and every other with an assignment or a reception.
with months as (
    select
        municipality_code,
        plan_month
    from {{ ref('monthly_plan') }}
    union
    select
        municipality_code,
        plan_month
    from {{ ref('log_months') }}
    where coalesce(first_hand_persons, replacement_persons, received_persons) is not null
),

counted as (
    select
        months.municipality_code,
        months.plan_month,
        year(months.plan_month) as quota_year,
        months.plan_month <= {{ as_of_date() }} as has_begun,
        covered.quota_year is not null as is_covered,
        coalesce(monthly_plan.planned_persons, 0) as planned_persons,
        {{ counted_persons('logged.assigned_persons', 'is_covered') }} as assigned_persons,
        {{ counted_persons('logged.cancelled_persons', 'is_covered') }} as cancelled_persons,
        {{ counted_persons('logged.prior_year_replacement_persons', 'is_covered') }}
            as prior_year_replacement_persons,
        {{ counted_persons('logged.received_persons', 'is_covered') }} as received_in_month_persons,
        -- R8: beyond the plan, and whether approvals of that month's assignments cover it.
        greatest(
            0, coalesce(logged.first_hand_persons, 0)::bigint - coalesce(monthly_plan.planned_persons, 0)
        ) as over_plan_persons,
        coalesce(logged.approved_persons, 0)::bigint as approved_persons
    from months
    left join {{ ref('years_covered_by_log') }} as covered on year(months.plan_month) = covered.quota_year
    left join {{ ref('monthly_plan') }} as monthly_plan using (municipality_code, plan_month)
    left join {{ ref('log_months') }} as logged using (municipality_code, plan_month)
),

cumulated as (
    select
        *,
        case when is_covered then assigned_persons - cancelled_persons end as net_assigned_persons,
        (sum(planned_persons) over year_to_date)::bigint as cumulative_planned_persons,
        (sum(net_assigned_persons) over year_to_date)::bigint as cumulative_net_assigned_persons
    from counted
    window year_to_date as (partition by municipality_code, quota_year order by plan_month)
)

select
    municipality_code,
    plan_month,
    quota_year,
    planned_persons,
    assigned_persons,
    cancelled_persons,
    net_assigned_persons,
    case when has_begun then net_assigned_persons - planned_persons end as deviation_persons,
    cumulative_planned_persons,
    cumulative_net_assigned_persons,
    case when has_begun then cumulative_net_assigned_persons - cumulative_planned_persons end
        as cumulative_deviation_persons,
    prior_year_replacement_persons,
    received_in_month_persons,
    {{ counted_persons('over_plan_persons', 'is_covered') }} as over_plan_persons,
    {{ counted_persons('least(over_plan_persons, approved_persons)', 'is_covered') }} as over_plan_approved_persons,
    {{ counted_persons('greatest(0, over_plan_persons - approved_persons)', 'is_covered') }}
        as over_plan_unapproved_persons,
    {{ has_ended('plan_month') }} as is_complete_month
from cumulated
order by municipality_code, plan_month
