-- R9: in most assignments every event counts. One row per event of the others: those without exactly one assigned
-- event, with several outcomes or approvals, or with an outcome before the assigned date. Only these are put in order.
-- Requests and refusals of over-plan always count.
with assignments_in_question as (
    select
        assignment_id,
        bool_or(event_type = 'over_plan_requested') as has_request
    from {{ ref('int_events_as_of') }}
    group by assignment_id
    having
        count(*) filter (where event_type = 'assigned') <> 1
        or count(*) filter (where event_type in ('received', 'cancelled')) > 1
        or count(*) filter (where event_type = 'over_plan_approved') > 1
        or min(event_date) filter (where event_type in ('received', 'cancelled'))
        < min(event_date) filter (where event_type = 'assigned')
)

select
    events.event_id,
    events.assignment_id,
    events.event_type,
    events.event_date,
    in_question.has_request
from {{ ref('int_events_as_of') }} as events
inner join assignments_in_question as in_question using (assignment_id)
where events.event_type not in ('over_plan_requested', 'over_plan_declined')
