-- R5: a link is valid when the original exists, is cancelled on or before the replacement's assigned date, is in the
-- same municipality, and comes before it by (assigned_date, assignment_id). R9: the first obstacle is the issue.
-- One row per replacement and original that it names.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with links as (
    select
        event_id,
        assignment_id,
        municipality_code,
        persons,
        assigned_date,
        reception_deadline_date,
        unnest(string_split(replaces, ';')) as original_assignment_id,
    from {{ ref('int_assigned_events_kept') }}
    where
        replaces is not null
        and {{ is_affected() }}
),

cancelled as (
    select
        assignment_id,
        event_date as cancelled_date,
    from {{ ref('int_outcomes_kept') }}
    where event_type = 'cancelled'
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
        when cancelled.assignment_id is null or cancelled.cancelled_date > links.assigned_date
            then 'replacement_not_cancelled'
        when originals.municipality_code <> links.municipality_code then 'replacement_other_municipality'
        when (originals.assigned_date, originals.assignment_id) >= (links.assigned_date, links.assignment_id)
            then 'replacement_not_after'
    end as issue,
from links
left join {{ ref('int_assigned_events_kept') }} as originals on links.original_assignment_id = originals.assignment_id
left join cancelled on links.original_assignment_id = cancelled.assignment_id
