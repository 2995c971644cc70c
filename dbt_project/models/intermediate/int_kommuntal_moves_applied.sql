-- R2: an applied redistribution takes persons from one municipality and gives them to another of its county.
-- One row per scenario ('decided': as it is), redistribution and municipality.
with applied as (
    select
        agreement_id,
        quota_year,
        unnest([from_municipality_code, to_municipality_code]) as municipality_code,
        in_force_date,
        decided_date,
        unnest([-persons, persons]) as moved_persons
    from {{ ref('int_redistributions_judged') }}
    where status = 'applied'
)

{{ decided_and_what_if('applied') }}

union all

select
    scenario,
    request_id as agreement_id,
    quota_year,
    municipality_code,
    effect_date as in_force_date,
    effect_date as decided_date,
    moved_persons
from {{ ref('int_requests_assumed_granted') }}
where request_kind = 'redistribution'
