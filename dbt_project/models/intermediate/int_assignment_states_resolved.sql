-- R6: an assignment is open until its first outcome makes it received or cancelled. One row per assignment.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with assigned as (
    select * from {{ ref('int_assigned_events_ordered') }}
    where
        is_first
        and {{ is_affected() }}
),

deciding as (
    select * from {{ ref('int_outcomes_ordered') }}
    where issue is null
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
    case when deciding.event_type = 'received' then deciding.persons end as received_persons,
    case when deciding.event_type = 'cancelled' then deciding.event_date end as cancelled_date,
    case when deciding.event_type = 'cancelled' then deciding.reason end as cancellation_reason,
    -- R7: open past its deadline = overdue.
    deciding.event_type is null and assigned.reception_deadline_date < {{ as_of_date() }} as is_overdue,
from assigned
left join deciding on assigned.assignment_id = deciding.assignment_id
