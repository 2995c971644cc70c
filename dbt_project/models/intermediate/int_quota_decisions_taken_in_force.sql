-- R1: a decision exists from its decided_date; at a date the latest one counts, by in_force_date, then decided_date,
-- then decision_id. One row per level, area, quota year and spell.
with decisions as (
    select * from {{ ref('stg_quota_decisions') }}
    where {{ has_happened('decided_date') }}
),

latest_of_each_day as (
    select
        level,
        quota_year,
        area_code,
        decision_id,
        decided_date,
        in_force_date,
        persons,
        is_simulated,
        row_number() over (
            partition by level, quota_year, area_code
            order by in_force_date, decided_date, decision_id
        ) = 1 as is_first
    from decisions
    qualify
        row_number() over (
            partition by level, quota_year, area_code, in_force_date
            order by decided_date desc, decision_id desc
        ) = 1
)

select
    level,
    quota_year,
    area_code,
    decision_id,
    decided_date,
    in_force_date as valid_from_date,
    coalesce(
        lead(in_force_date) over (partition by level, quota_year, area_code order by in_force_date) - 1,
        {{ last_day_of('quota_year') }}
    ) as valid_to_date,
    persons as decided_persons,
    is_simulated,
    is_first
from latest_of_each_day
