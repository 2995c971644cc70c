-- R4: what the division of a version needs of each month: the wish that fixes it, if any, and its profile weight.
-- One row per scenario ('decided': as it is), municipality, quota year, version and month.
with versions as (
    select * from {{ ref('int_plan_changes_numbered') }}
),

wishes as (
    select * from {{ ref('int_wishes_accepted') }}
),

-- A wish stands until another accepted wish lists the month again; of one effect date the higher request_id wins.
fixed_months as (
    select
        versions.scenario,
        versions.quota_year,
        versions.municipality_code,
        versions.version_number,
        wishes.month_number,
        wishes.wished_persons
    from versions
    inner join wishes
        on versions.scenario = wishes.scenario
        and versions.quota_year = wishes.quota_year
        and versions.municipality_code = wishes.municipality_code
        and versions.effect_date >= wishes.effect_date
    qualify
        row_number() over (
            partition by
                versions.scenario,
                versions.quota_year,
                versions.municipality_code,
                versions.version_number,
                wishes.month_number
            order by wishes.effect_date desc, wishes.request_id desc
        ) = 1
)

select
    versions.scenario,
    versions.quota_year,
    versions.municipality_code,
    versions.version_number,
    months.month_number,
    months.month_number >= versions.first_changed_month_number as is_open,
    versions.kommuntal_persons,
    fixed_months.wished_persons as fixed_persons,
    coalesce(weights.weight, 1) as weight,
    municipalities.municipality_rank,
    municipalities.municipalities_in_county
from versions
cross join (select unnest(range(1, 13)) as month_number) as months
inner join {{ ref('int_municipalities_ranked') }} as municipalities using (municipality_code)
left join {{ ref('plan_profile_weights') }} as weights using (quota_year, month_number)
left join fixed_months using (scenario, quota_year, municipality_code, version_number, month_number)
