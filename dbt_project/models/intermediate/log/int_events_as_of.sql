-- R6, R8: an event exists from its event_date; a retracted one never happened. One row per event.
-- A view: to write what the log holds once more costs more than to look again.
{{ config(materialized='view') }}
select
    event_id,
    event_type,
    event_date,
    assignment_id,
    municipality_code,
    persons,
    category,
    reception_deadline_date,
    replaces,
    coalesce(reason, 'other') as reason,
    recorded_at,
    file_name
from {{ ref('stg_assignment_log') }}
where
    {{ has_happened('event_date') }}
    and event_type <> 'retracted'
