-- R2: an applied redistribution takes persons from one municipality and gives them to another of its county.
with applied as (
    select * from {{ ref('int_redistributions_judged') }}
    where status = 'applied'
)

select
    agreement_id,
    quota_year,
    from_municipality_code as municipality_code,
    in_force_date,
    -persons as moved_persons,
from applied

union all

select
    agreement_id,
    quota_year,
    to_municipality_code as municipality_code,
    in_force_date,
    persons as moved_persons,
from applied
