-- R4: one row per municipality with a kommuntal decision that year, and month: the latest version, zero where none is.
with planned_years as (
    select distinct
        municipality_code,
        quota_year
    from {{ ref('int_kommuntal_taken_in_force') }}
    where scenario = 'decided'
),

latest_versions as (
    select
        municipality_code,
        plan_month,
        planned_persons
    from {{ ref('monthly_plan_versions') }}
    qualify row_number() over (partition by municipality_code, plan_month order by version_number desc) = 1
),

months as (
    select
        municipality_code,
        quota_year,
        make_date(quota_year, unnest(range(1, 13)), 1) as plan_month
    from planned_years
)

select
    months.municipality_code,
    months.plan_month,
    months.quota_year,
    coalesce(latest_versions.planned_persons, 0) as planned_persons
from months
left join latest_versions using (municipality_code, plan_month)
order by months.municipality_code, months.plan_month
