-- R5: a link is valid when the original exists, is cancelled on or before the replacement's assigned date, is in the
-- same municipality, and comes before it by (assigned_date, assignment_id). R9: the first obstacle is the issue.
-- One row per replacement and original that it names.
with originals as (
    select * from {{ ref('int_events_counted') }}
    where event_type = 'assigned'
),

cancelled as (
    select
        assignment_id,
        event_date as cancelled_date
    from {{ ref('int_events_counted') }}
    where event_type = 'cancelled'
),

links as (
    select
        event_id,
        assignment_id,
        municipality_code,
        persons,
        event_date as assigned_date,
        reception_deadline_date,
        {{ parts_of('replaces', ';') }} as original_assignment_id
    from {{ ref('int_events_counted') }}
    where event_type = 'assigned' and replaces is not null
)

select
    links.event_id,
    links.assignment_id,
    links.original_assignment_id,
    links.persons,
    links.assigned_date,
    links.reception_deadline_date,
    originals.persons as original_persons,
    originals.event_date as original_assigned_date,
    cancelled.cancelled_date as original_cancelled_date,
    case
        when originals.assignment_id is null then 'replacement_unknown'
        when cancelled.assignment_id is null or cancelled.cancelled_date > links.assigned_date
            then 'replacement_not_cancelled'
        when originals.municipality_code <> links.municipality_code then 'replacement_other_municipality'
        when (originals.event_date, originals.assignment_id) >= (links.assigned_date, links.assignment_id)
            then 'replacement_not_after'
    end as issue
from links
left join originals on links.original_assignment_id = originals.assignment_id
left join cancelled on links.original_assignment_id = cancelled.assignment_id
