-- R4: an accepted wish takes effect on its decided_date. One row per request and month.
select
    request_id,
    municipality_code,
    quota_year,
    month_number,
    wished_persons,
    decided_date as effect_date,
from {{ ref('stg_change_requests') }}
where decision = 'accepted'
