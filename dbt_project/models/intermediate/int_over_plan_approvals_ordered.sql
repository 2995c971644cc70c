-- R8: approvals of over-plan assignments; the first by date and id is the one shown.
-- R9: an approval of an assignment that the log does not know is an orphan.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with approvals as (
    select * from {{ ref('stg_assignment_events') }}
    where
        event_type = 'over_plan_approved'
        and {{ is_affected() }}
),

assigned as (
    select * from {{ ref('int_assigned_events_ordered') }}
    where is_first
)

select
    approvals.event_id,
    approvals.assignment_id,
    approvals.event_date,
    approvals.reason,
    case when assigned.assignment_id is null then 'orphan' end as issue,
    row_number() over (
        partition by approvals.assignment_id
        order by approvals.event_date, approvals.event_id
    ) = 1 as is_first,
from approvals
left join assigned on approvals.assignment_id = assigned.assignment_id
