-- R4: a request exists from its requested_date, its decision from its decided_date; before that it is pending.
-- One row per request and month.
select
    request_id,
    municipality_code,
    quota_year,
    plan_month,
    month_number,
    wished_persons,
    requested_date,
    case when {{ has_happened('decided_date') }} then decision end as decision,
    case when decision is not null and {{ has_happened('decided_date') }} then decided_date end as decided_date,
    is_simulated
from {{ ref('stg_change_requests') }}
where {{ has_happened('requested_date') }}
