-- R6: an assignment is open until its first outcome makes it received or cancelled. One row per assignment.
{{ config(materialized='view') }}
with deciding as (
    select
        outcomes.assignment_id,
        outcomes.event_type,
        outcomes.event_date,
        outcomes.persons,
        outcomes.reason,
    from {{ ref('stg_assignment_events') }} as outcomes
    anti join {{ ref('int_outcomes_left_out') }} as left_out on outcomes.event_id = left_out.event_id
    where outcomes.event_type in ('received', 'cancelled')
)

select
    assigned.event_id,
    assigned.assignment_id,
    assigned.municipality_code,
    assigned.persons,
    assigned.category,
    assigned.assigned_date,
    assigned.reception_deadline_date,
    assigned.replaces,
    coalesce(deciding.event_type, 'open') as status,
    case when deciding.event_type = 'received' then deciding.event_date end as received_date,
    case when deciding.event_type = 'received' then coalesce(deciding.persons, assigned.persons) end
        as received_persons,
    case when deciding.event_type = 'cancelled' then deciding.event_date end as cancelled_date,
    case when deciding.event_type = 'cancelled' then deciding.reason end as cancellation_reason,
    -- R7: open past its deadline = overdue.
    deciding.event_type is null and assigned.reception_deadline_date < {{ as_of_date() }} as is_overdue,
from {{ ref('int_assigned_events_kept') }} as assigned
left join deciding on assigned.assignment_id = deciding.assignment_id
