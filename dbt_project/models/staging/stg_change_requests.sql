-- A request exists from its requested_date, its decision from its decided_date; before that it is pending.
select
    request_id,
    municipality_code::varchar as municipality_code,
    quota_year,
    plan_month,
    month(plan_month) as month_number,
    wished_persons,
    requested_date,
    case when decided_date <= {{ as_of_date() }} then decision::varchar end as decision,
    case when decision is not null and decided_date <= {{ as_of_date() }} then decided_date end as decided_date,
    {{ is_simulated("file_name") }} as is_simulated,
from {{ source('raw', 'change_requests') }}
where requested_date <= {{ as_of_date() }}
