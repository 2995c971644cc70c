-- R5: a link is valid when the original exists, is cancelled on or before the replacement's assigned date, is in the
-- same municipality, and comes before it by (assigned_date, assignment_id). R9: the first obstacle is the issue.
-- One row per replacement and original that it names.
with states as (
    select * from {{ ref('int_assignment_states_resolved') }}
),

links as (
    select
        event_id,
        assignment_id,
        municipality_code,
        persons,
        assigned_date,
        reception_deadline_date,
        unnest(string_split(replaces, ';')) as original_assignment_id,
    from states
    where replaces is not null
)

select
    links.event_id,
    links.assignment_id,
    links.original_assignment_id,
    links.persons,
    links.reception_deadline_date,
    originals.assigned_date as original_assigned_date,
    case
        when originals.assignment_id is null then 'replacement_unknown'
        when originals.cancelled_date is null or originals.cancelled_date > links.assigned_date
            then 'replacement_not_cancelled'
        when originals.municipality_code <> links.municipality_code then 'replacement_other_municipality'
        when (originals.assigned_date, originals.assignment_id) >= (links.assigned_date, links.assignment_id)
            then 'replacement_not_after'
    end as issue,
from links
left join states as originals on links.original_assignment_id = originals.assignment_id
