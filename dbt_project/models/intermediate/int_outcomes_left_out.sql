-- R6: the first outcome by event_date, received before cancelled, event_id decides; R9: why the others do not count.
-- One row per received or cancelled event that does not count.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with outcomes as (
    select * from {{ ref('stg_assignment_events') }}
    where
        event_type in ('received', 'cancelled')
        and {{ is_affected() }}
),

assigned as (
    select * from {{ ref('int_assigned_events_kept') }}
    where {{ is_affected() }}
),

placed as (
    select
        outcomes.event_id,
        outcomes.assignment_id,
        outcomes.event_type,
        outcomes.event_date,
        case
            when assigned.assignment_id is null then 'orphan'
            when outcomes.event_date < assigned.assigned_date then 'before_assignment'
        end as misplacement,
    from outcomes
    left join assigned on outcomes.assignment_id = assigned.assignment_id
),

{{ assignments_with_several('placed') }},

numbered as (
    select
        event_id,
        assignment_id,
        event_type,
        row_number() over outcome_order as outcome_number,
        first_value(event_type) over outcome_order as first_event_type,
    from placed
    semi join with_several on hash(placed.assignment_id) = with_several.digest
    where placed.misplacement is null
    window outcome_order as (partition by assignment_id order by event_date, event_type = 'cancelled', event_id)
)

select
    event_id,
    assignment_id,
    misplacement as issue,
from placed
where misplacement is not null

union all

select
    event_id,
    assignment_id,
    case when event_type = first_event_type then 'repeated_outcome' else 'conflicting_outcome' end as issue,
from numbered
where outcome_number > 1
