-- R5, R6, R7: one row per assignment that the log knows.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with states as (
    select * from {{ ref('int_assignment_states_resolved') }}
    where {{ is_affected() }}
),

approvals as (
    select
        events.assignment_id,
        events.event_date,
        events.reason,
    from {{ ref('stg_assignment_events') }} as events
    anti join {{ ref('int_over_plan_approvals_left_out') }} as left_out on events.event_id = left_out.event_id
    where events.event_type = 'over_plan_approved'
)

select
    states.assignment_id,
    states.municipality_code,
    states.persons,
    states.category,
    states.assigned_date,
    states.reception_deadline_date,
    states.status,
    states.received_date,
    states.received_persons,
    states.cancelled_date,
    states.cancellation_reason,
    traces.assignment_id is not null as is_replacement,
    coalesce(traces.original_assignment_id, states.assignment_id) as original_assignment_id,
    -- R5: what replaces nothing counts against the year of its assigned date.
    year(coalesce(traces.original_assigned_date, states.assigned_date)) as quota_year,
    states.is_overdue,
    approvals.event_date as over_plan_approved_date,
    approvals.reason as over_plan_reason,
from states
left join {{ ref('int_replacements_traced_to_originals') }} as traces
    on states.assignment_id = traces.assignment_id
left join approvals
    on states.assignment_id = approvals.assignment_id
