-- R4, spelled out: how the latest version of each plan comes to its numbers. One row per municipality and month.
with latest_versions as (
    select
        quota_year,
        municipality_code,
        max(version_number) as version_number
    from {{ ref('int_plan_changes_numbered') }}
    where scenario = 'decided'
    group by all
)

select
    plans.municipality_code,
    make_date(plans.quota_year, plans.month_number, 1) as plan_month,
    plans.quota_year,
    plans.version_number,
    months.kommuntal_persons,
    months.is_open as is_divided,
    plans.remaining_persons::bigint as remaining_persons,
    months.fixed_persons,
    months.weight as profile_weight,
    plans.month_weight::bigint as month_weight,
    (sum(plans.month_weight) over (so_far))::bigint as cumulative_weight,
    (sum(plans.month_weight) over (partition by plans.quota_year, plans.municipality_code))::bigint as total_weight,
    months.municipality_rank,
    months.municipalities_in_county,
    round(plans.remaining_persons * cumulative_weight / nullif(total_weight, 0), 4)::double as cumulative_share_persons,
    round((2 * months.municipality_rank + 1) / (2 * months.municipalities_in_county), 4)::double as spread_persons,
    (sum(plans.planned_persons) filter (where months.is_open) over (so_far))::bigint as cumulative_divided_persons,
    plans.planned_persons
from {{ ref('int_plans_divided') }} as plans
inner join latest_versions using (quota_year, municipality_code, version_number)
inner join {{ ref('int_plan_months_prepared') }} as months
    using (quota_year, municipality_code, version_number, month_number)
where plans.scenario = 'decided' and months.scenario = 'decided'
window so_far as (partition by plans.quota_year, plans.municipality_code order by plans.month_number)
order by plans.municipality_code, plan_month
