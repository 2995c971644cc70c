-- R6: the outcome that decides what an assignment is. One row per assignment that is no longer open.
{{ config(materialized='view') }}
select
    events.assignment_id,
    events.event_type,
    events.event_date,
    events.persons,
    events.reason,
from {{ ref('stg_assignment_events') }} as events
anti join {{ ref('int_events_left_out') }} as left_out on events.event_id = left_out.event_id
where events.event_type in ('received', 'cancelled')
