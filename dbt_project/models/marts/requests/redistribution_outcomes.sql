-- One row per redistribution that had been requested at the as-of date.
select
    agreement_id,
    status,
    invalid_reason,
    is_reconciled,
    quota_year,
    from_municipality_code,
    to_municipality_code,
    persons,
    requested_date,
    reconciled_date,
    decision,
    decided_date,
    in_force_date
from {{ ref('int_redistributions_judged') }}
order by agreement_id
