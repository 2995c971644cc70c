-- Section 2, keys of the log, first step: few event ids come more than once. One row per such id.
select event_id
from {{ source('parsed', 'assignment_log') }}
group by event_id
having count(*) > 1
