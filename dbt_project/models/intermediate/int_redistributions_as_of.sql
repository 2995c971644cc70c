-- R2: a request exists from its requested_date, its decision from its decided_date; before that it is pending.
-- One row per agreement.
select
    agreement_id,
    quota_year,
    from_municipality_code,
    to_municipality_code,
    persons,
    requested_date,
    case when {{ has_happened('reconciled_date') }} then reconciled_date end as reconciled_date,
    case when {{ has_happened('decided_date') }} then decision end as decision,
    case when decision is not null and {{ has_happened('decided_date') }} then decided_date end as decided_date,
    case when decision is not null and {{ has_happened('decided_date') }} then in_force_date end as in_force_date,
    is_simulated
from {{ ref('stg_redistributions') }}
where {{ has_happened('requested_date') }}
