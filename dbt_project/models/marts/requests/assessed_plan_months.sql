-- R4: the plan now, and as it would be if an undecided request were granted on the as-of date.
-- One row per request, municipality that it concerns, and month.
with assumed as (
    select * from {{ ref('int_requests_assumed_granted') }}
),

assumed_plans as (
    select
        scenario,
        municipality_code,
        quota_year,
        month_number,
        planned_persons
    from {{ ref('int_plans_divided') }}
    where scenario <> 'decided'
    qualify
        row_number() over (
            partition by scenario, municipality_code, quota_year, month_number
            order by version_number desc
        ) = 1
)

select
    assumed.scenario,
    assumed.request_kind,
    assumed.request_id,
    months.municipality_code,
    months.plan_month,
    months.quota_year,
    months.plan_month
    >= make_date(months.quota_year, 1, 1)
    + interval (({{ first_changed_month_number('assumed.effect_date', 'months.quota_year') }}) - 1) month as can_change,
    wishes.wished_persons,
    months.planned_persons,
    coalesce(assumed_plans.planned_persons, 0) as planned_if_granted_persons,
    months.net_assigned_persons,
    months.net_assigned_persons >= months.planned_persons as is_full,
    months.net_assigned_persons > coalesce(assumed_plans.planned_persons, 0) as is_overfull_if_granted
from assumed
inner join {{ ref('plan_deviations') }} as months using (municipality_code, quota_year)
inner join {{ ref('monthly_plan') }} as planned_months using (municipality_code, plan_month)
left join assumed_plans
    on assumed.scenario = assumed_plans.scenario
    and months.municipality_code = assumed_plans.municipality_code
    and months.quota_year = assumed_plans.quota_year
    and month(months.plan_month) = assumed_plans.month_number
left join {{ ref('int_change_requests_as_of') }} as wishes
    on assumed.request_kind = 'change_request'
    and assumed.request_id = wishes.request_id
    and months.plan_month = wishes.plan_month
order by assumed.request_kind, assumed.request_id, months.municipality_code, months.plan_month
