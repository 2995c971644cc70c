-- R8: the approval that is shown. One row per assignment that has been approved over plan.
{{ config(materialized='view') }}
select
    events.assignment_id,
    events.event_date,
    events.reason,
from {{ ref('stg_assignment_events') }} as events
anti join {{ ref('int_events_left_out') }} as left_out on events.event_id = left_out.event_id
where events.event_type = 'over_plan_approved'
