-- One row per month of every quota year with a decision that exists, and of every month with figures.
with decided_years as (
    select distinct quota_year
    from {{ ref('int_quota_decisions_taken_in_force') }}
),

months as (
    select make_date(quota_year, unnest(range(1, 13)), 1) as plan_month
    from decided_years
    union
    select plan_month
    from {{ ref('plan_deviations') }}
)

select
    plan_month,
    year(plan_month) as quota_year,
    {{ has_happened('plan_month') }} as has_begun,
    {{ has_ended('plan_month') }} as is_complete
from months
order by plan_month
