-- R1: kommuntal = the decision in force + all applied redistributions in force on or after it.
-- One row per scenario ('decided': as it is), quota year, municipality and spell; a spell starts wherever anything
-- takes effect.
with decided as (
    select * from {{ ref('int_quota_decisions_taken_in_force') }}
    where level = 'kommuntal'
),

decisions as (
    {{ decided_and_what_if('decided', 'area_code') }}
),

moves as (
    select * from {{ ref('int_kommuntal_moves_applied') }}
),

changes as (
    select
        scenario,
        quota_year,
        area_code as municipality_code,
        valid_from_date
    from decisions
    union
    select
        scenario,
        quota_year,
        municipality_code,
        in_force_date as valid_from_date
    from moves
),

spells as (
    select
        scenario,
        quota_year,
        municipality_code,
        valid_from_date,
        coalesce(
            lead(valid_from_date) over (
                partition by scenario, quota_year, municipality_code
                order by valid_from_date
            ) - 1,
            {{ last_day_of('quota_year') }}
        ) as valid_to_date
    from changes
),

summed as (
    select
        spells.scenario,
        spells.quota_year,
        spells.municipality_code,
        spells.valid_from_date,
        spells.valid_to_date,
        decisions.decision_id,
        decisions.decided_persons,
        coalesce(sum(moves.moved_persons), 0)::bigint as redistributed_persons
    from spells
    inner join decisions
        on spells.scenario = decisions.scenario
        and spells.quota_year = decisions.quota_year
        and spells.municipality_code = decisions.area_code
        and spells.valid_from_date between decisions.valid_from_date and decisions.valid_to_date
    left join moves
        on spells.scenario = moves.scenario
        and spells.quota_year = moves.quota_year
        and spells.municipality_code = moves.municipality_code
        and moves.in_force_date between decisions.valid_from_date and spells.valid_from_date
    group by all
)

select
    scenario,
    quota_year,
    municipality_code,
    valid_from_date,
    valid_to_date,
    decision_id,
    decided_persons,
    redistributed_persons,
    decided_persons + redistributed_persons as kommuntal_persons,
    {{ now_in('quota_year') }} between valid_from_date and valid_to_date as is_current
from summed
