-- R7: the assigned event that counts, with its reception deadline. One row per assignment.
-- A view, as for outcomes and approvals: to write what the log holds once more costs more than to look again.
{{ config(materialized='view') }}
select
    events.event_id,
    events.assignment_id,
    events.event_date as assigned_date,
    events.municipality_code,
    events.persons,
    events.category,
    -- Two calendar months after the assigned date, or the last day of that month.
    coalesce(events.reception_deadline_date, (events.event_date + interval 2 month)::date) as reception_deadline_date,
    events.replaces,
from {{ ref('stg_assignment_events') }} as events
anti join {{ ref('int_events_left_out') }} as left_out on events.event_id = left_out.event_id
where events.event_type = 'assigned'
