-- R6: the first outcome by event_date, received before cancelled, event_id decides; R8, R9: of assigned events and of
-- approvals the first by date and id counts. One row per event that does not count, and why; an approval after the
-- first is no issue.
with events as (
    select
        *,
        if(event_type in ('received', 'cancelled'), 'outcome', event_type) as kind
    from {{ ref('int_events_ambiguous') }}
),

assigned as (
    select
        assignment_id,
        min(event_date) as assigned_date
    from events
    where kind = 'assigned'
    group by assignment_id
),

placed as (
    select
        events.*,
        case
            when assigned.assignment_id is null and events.kind = 'over_plan_approved' and events.has_request then null
            when assigned.assignment_id is null then 'orphan'
            when events.kind = 'outcome' and events.event_date < assigned.assigned_date then 'before_assignment'
        end as misplacement
    from events
    left join assigned using (assignment_id)
),

numbered as (
    select
        event_id,
        assignment_id,
        event_type,
        kind,
        row_number() over event_order as event_number,
        first_value(event_type) over event_order as first_event_type
    from placed
    where misplacement is null
    window event_order as (partition by assignment_id, kind order by event_date, event_type = 'cancelled', event_id)
)

select
    event_id,
    assignment_id,
    misplacement as issue
from placed
where misplacement is not null

union all

select
    event_id,
    assignment_id,
    case
        when kind = 'assigned' then 'repeated_assignment'
        when kind = 'outcome' then if(event_type = first_event_type, 'repeated_outcome', 'conflicting_outcome')
    end as issue
from numbered
where event_number > 1
