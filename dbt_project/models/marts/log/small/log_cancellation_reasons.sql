-- R6: one row per quota year and reason of a cancellation.
select
    quota_year,
    reason,
    sum(persons)::bigint as cancelled_persons
from {{ ref('cancellations') }}
group by quota_year, reason
