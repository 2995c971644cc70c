-- R11, and whether figures are simulated. One row per year in which the log has rows, and by whether they are
-- simulated; the latest event, and the latest row that was delivered, which may retract one.
select
    year(event_date)::bigint as event_year,
    {{ is_simulated('file_name') }} as is_simulated,
    count(*) filter (where event_type <> 'retracted') as events,
    max(event_date) filter (where event_type <> 'retracted') as latest_event_date,
    max(event_date) as latest_delivered_date
from {{ ref('stg_assignment_log') }}
where {{ has_happened('event_date') }}
group by all
