-- R4: a plan is remade when kommuntal changes or a wish is accepted, with effect from month f; changes with the same
-- effect date are one version, a change that leaves no month makes none, and wishes accepted before the first
-- kommuntal decision takes effect are part of its version.
-- One row per scenario ('decided': as it is), municipality, quota year and version.
with kommuntal as (
    select * from {{ ref('int_kommuntal_taken_in_force') }}
),

first_kommuntal as (
    select
        scenario,
        quota_year,
        municipality_code,
        min(valid_from_date) as effect_date
    from kommuntal
    group by all
),

decisions as (
    select
        quota_year,
        area_code as municipality_code,
        valid_from_date as effect_date,
        decided_date,
        'kommuntal' as cause
    from {{ ref('int_quota_decisions_taken_in_force') }}
    where level = 'kommuntal'
),

changes as (
    {{ decided_and_what_if('decisions') }}
    union all
    select
        scenario,
        quota_year,
        municipality_code,
        in_force_date as effect_date,
        decided_date,
        'redistribution' as cause
    from {{ ref('int_kommuntal_moves_applied') }}
    union all
    select
        wishes.scenario,
        wishes.quota_year,
        wishes.municipality_code,
        greatest(wishes.effect_date, first_kommuntal.effect_date) as effect_date,
        wishes.effect_date as decided_date,
        'wish' as cause
    from {{ ref('int_wishes_accepted') }} as wishes
    inner join first_kommuntal using (scenario, quota_year, municipality_code)
),

dated as (
    select
        scenario,
        quota_year,
        municipality_code,
        effect_date,
        {{ first_changed_month_number('effect_date', 'quota_year') }} as first_changed_month_number,
        max(decided_date) as decided_date,
        string_agg(distinct cause, '+' order by cause) as cause
    from changes
    group by all
)

select
    dated.scenario,
    dated.quota_year,
    dated.municipality_code,
    row_number() over (
        partition by dated.scenario, dated.quota_year, dated.municipality_code
        order by dated.effect_date
    ) as version_number,
    dated.effect_date,
    dated.decided_date,
    dated.first_changed_month_number,
    kommuntal.kommuntal_persons,
    dated.cause
from dated
inner join kommuntal
    on dated.scenario = kommuntal.scenario
    and dated.quota_year = kommuntal.quota_year
    and dated.municipality_code = kommuntal.municipality_code
    and dated.effect_date between kommuntal.valid_from_date and kommuntal.valid_to_date
where dated.first_changed_month_number <= 12
