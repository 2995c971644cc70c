-- R11: a quota year is covered by the log when an assignment counts against it, or when it is not over and the log has
-- any event. One row per covered quota year; of those that are not over all, whether planned or not.
select quota_year
from {{ ref('log_years') }}
union
select unnest(range(year({{ as_of_date() }} + interval 1 day), 2101)) as quota_year
where (select sum(events) from {{ ref('int_events_by_year') }}) > 0
