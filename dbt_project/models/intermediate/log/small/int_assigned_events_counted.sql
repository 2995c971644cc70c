-- R10: what the log says before assignments are made of it: one row per municipality of an assigned event.
select
    municipality_code,
    sum(persons)::bigint as assigned_persons
from {{ ref('int_events_counted') }}
where event_type = 'assigned'
group by municipality_code
