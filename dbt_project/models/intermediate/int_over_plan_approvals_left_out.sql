-- R8: of several approvals of one assignment the first by date and id is shown; R9: one of an assignment that the log
-- does not know is an orphan. One row per approval that is not shown; a repeated one has no issue.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with approvals as (
    select
        event_id,
        assignment_id,
        event_date,
    from {{ ref('stg_assignment_events') }}
    where
        event_type = 'over_plan_approved'
        and {{ is_affected() }}
),

assigned as (
    select * from {{ ref('int_assigned_events_kept') }}
    where {{ is_affected() }}
),

orphans as (
    select
        approvals.event_id,
        approvals.assignment_id,
    from approvals
    anti join assigned on approvals.assignment_id = assigned.assignment_id
),

{{ assignments_with_several('approvals') }},

numbered as (
    select
        event_id,
        assignment_id,
        row_number() over (partition by assignment_id order by event_date, event_id) as approval_number,
    from approvals
    semi join with_several on hash(approvals.assignment_id) = with_several.digest
    anti join orphans on approvals.event_id = orphans.event_id
)

select
    event_id,
    assignment_id,
    'orphan' as issue,
from orphans

union all

select
    event_id,
    assignment_id,
    null as issue,
from numbered
where approval_number > 1
