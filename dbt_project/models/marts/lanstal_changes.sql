-- R1: what is behind each länstal: one row per decision in force and county.
select
    decisions.quota_year,
    decisions.area_code as county_code,
    decisions.decision_id,
    decisions.valid_from_date as effect_date,
    decisions.valid_to_date,
    decisions.decided_date,
    decisions.decided_persons as lanstal_persons,
    decisions.is_simulated,
    sources.basis,
    sources.source,
from {{ ref('int_quota_decisions_taken_in_force') }} as decisions
left join {{ ref('stg_quota_decision_sources') }} as sources
    on decisions.decision_id = sources.decision_id
    and decisions.level = sources.level
    and decisions.quota_year = sources.quota_year
    and decisions.area_code = sources.area_code
where decisions.level = 'lanstal'
order by decisions.quota_year, decisions.area_code, effect_date
