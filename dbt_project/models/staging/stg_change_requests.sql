-- Wishes as delivered and settled: one row per request and month.
select
    request_id,
    municipality_code,
    quota_year,
    plan_month,
    month(plan_month) as month_number,
    wished_persons,
    requested_date,
    decision,
    decided_date,
    {{ is_simulated("file_name") }} as is_simulated,
    file_name,
    row_number
from {{ ref('stg_change_requests_settled') }}
where row_status = 'accepted'
