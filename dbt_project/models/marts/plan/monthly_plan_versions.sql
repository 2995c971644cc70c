-- R4: one row per municipality, quota year, version of the plan and month.
select
    versions.municipality_code,
    versions.quota_year,
    versions.version_number,
    make_date(versions.quota_year, plans.month_number, 1) as plan_month,
    versions.effect_date,
    versions.decided_date,
    make_date(versions.quota_year, versions.first_changed_month_number, 1) as first_changed_month,
    versions.kommuntal_persons,
    plans.planned_persons,
    versions.cause
from {{ ref('int_plan_changes_numbered') }} as versions
inner join {{ ref('int_plans_divided') }} as plans using (quota_year, municipality_code, version_number)
where versions.scenario = 'decided' and plans.scenario = 'decided'
order by versions.municipality_code, versions.quota_year, versions.version_number, plan_month
