-- R6: the first outcome by event_date, received before cancelled, event_id decides; R9: why the others do not count.
-- One row per received or cancelled event; the deciding one has no issue.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with outcomes as (
    select * from {{ ref('stg_assignment_events') }}
    where
        event_type in ('received', 'cancelled')
        and {{ is_affected() }}
),

assigned as (
    select * from {{ ref('int_assigned_events_ordered') }}
    where is_first
),

placed as (
    select
        outcomes.event_id,
        outcomes.assignment_id,
        outcomes.event_type,
        outcomes.event_date,
        outcomes.reason,
        coalesce(outcomes.persons, assigned.persons) as persons,
        case
            when assigned.assignment_id is null then 'orphan'
            when outcomes.event_date < assigned.assigned_date then 'before_assignment'
        end as misplacement,
    from outcomes
    left join assigned on outcomes.assignment_id = assigned.assignment_id
),

ordered as (
    select
        *,
        row_number() over outcome_order as outcome_number,
        first_value(event_type) over outcome_order as first_event_type,
    from placed
    window
        outcome_order as (
            partition by assignment_id, misplacement is null
            order by event_date, event_type = 'cancelled', event_id
        )
)

select
    event_id,
    assignment_id,
    event_type,
    event_date,
    reason,
    persons,
    case
        when misplacement is not null then misplacement
        when outcome_number = 1 then null
        when event_type = first_event_type then 'repeated_outcome'
        else 'conflicting_outcome'
    end as issue,
from ordered
