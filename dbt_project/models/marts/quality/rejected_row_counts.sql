-- One row per feed and reason for which rows were rejected.
select
    feed,
    reason,
    count(*) as rejected_rows
from {{ ref('rejected_rows') }}
group by feed, reason
order by feed, reason
