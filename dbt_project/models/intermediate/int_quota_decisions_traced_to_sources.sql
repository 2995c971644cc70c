-- R1: each decision in force, with the source of its figure where the list of sources has one.
select
    decisions.level,
    decisions.quota_year,
    decisions.area_code,
    decisions.decision_id,
    decisions.decided_date,
    decisions.valid_from_date,
    decisions.valid_to_date,
    decisions.decided_persons,
    decisions.is_simulated,
    sources.basis,
    sources.source
from {{ ref('int_quota_decisions_taken_in_force') }} as decisions
left join {{ ref('stg_quota_decision_sources') }} as sources using (decision_id, level, quota_year, area_code)
