-- R6, R8, R9: of an assignment its assigned event, and if there are any the outcome that decides, the first approval,
-- and all requests and refusals of over-plan. One row per event that counts.
-- A view: to write what the log holds once more costs more than to look again.
{{ config(materialized='view') }}
select
    events.event_id,
    events.assignment_id,
    events.event_type,
    events.event_date,
    events.municipality_code,
    events.persons,
    events.category,
    -- R7: two calendar months after the assigned date, or the last day of that month.
    case
        when events.event_type = 'assigned'
            then coalesce(events.reception_deadline_date, (events.event_date + interval 2 month)::date)
    end as reception_deadline_date,
    events.replaces,
    events.reason,
    events.recorded_at
from {{ ref('int_events_as_of') }} as events
anti join {{ ref('int_events_excluded') }} as left_out using (event_id)
