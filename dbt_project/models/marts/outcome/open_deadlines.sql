-- R7: when open assignments are to be received: one row per quota year, area and month of the reception deadline.
select
    quota_year,
    area_code,
    deadline_month,
    open_persons,
    overdue_persons
from {{ ref('log_open_deadlines') }}
order by quota_year, area_code, deadline_month
