-- R1: what is behind each länstal: one row per decision in force and county.
select
    quota_year,
    area_code as county_code,
    decision_id,
    valid_from_date as effect_date,
    valid_to_date,
    decided_date,
    decided_persons as lanstal_persons,
    is_simulated,
    basis,
    source
from {{ ref('int_quota_decisions_traced_to_sources') }}
where level = 'lanstal'
order by quota_year, county_code, effect_date
