-- R1, R2: what is behind each kommuntal: one row per decision or applied redistribution and municipality.
with decisions as (
    select
        quota_year,
        area_code as municipality_code,
        decision_id as change_id,
        'decision' as change_kind,
        valid_from_date as effect_date,
        decided_date,
        decided_persons,
        null::bigint as moved_persons,
        null::string as other_municipality_code,
        is_simulated,
        basis,
        source
    from {{ ref('int_quota_decisions_traced_to_sources') }}
    where level = 'kommuntal'
),

redistributions as (
    select
        moves.quota_year,
        moves.municipality_code,
        moves.agreement_id as change_id,
        'redistribution' as change_kind,
        moves.in_force_date as effect_date,
        judged.decided_date,
        null::bigint as decided_persons,
        moves.moved_persons,
        case
            when moves.municipality_code = judged.from_municipality_code then judged.to_municipality_code
            else judged.from_municipality_code
        end as other_municipality_code,
        judged.is_simulated,
        null::string as basis,
        null::string as source
    from {{ ref('int_kommuntal_moves_applied') }} as moves
    inner join {{ ref('int_redistributions_judged') }} as judged using (agreement_id)
    where moves.scenario = 'decided'
),

changes as (
    select * from decisions
    union all
    select * from redistributions
)

select
    changes.quota_year,
    changes.municipality_code,
    changes.change_kind,
    changes.change_id,
    changes.effect_date,
    quotas.valid_to_date,
    changes.decided_date,
    changes.decided_persons,
    changes.moved_persons,
    changes.other_municipality_code,
    quotas.kommuntal_persons,
    changes.is_simulated,
    changes.basis,
    changes.source
from changes
inner join {{ ref('municipality_quotas') }} as quotas
    on changes.quota_year = quotas.quota_year
    and changes.municipality_code = quotas.municipality_code
    and changes.effect_date = quotas.valid_from_date
order by changes.quota_year, changes.municipality_code, changes.effect_date, changes.change_kind, changes.change_id
