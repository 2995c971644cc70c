-- R5: the events of assignments to be computed anew, and of those that they replace: the log is looked through here and
-- not once more by every model. One row per event; none where the warehouse was empty.
with looked_at as (
    select assignment_id from {{ source('raw', 'touched_assignments') }}

    union

    select unnest(string_split(replaces, ';')) as assignment_id
    from {{ ref('stg_assignment_events') }}
    where
        replaces is not null
        and assignment_id in (select assignment_id from {{ source('raw', 'touched_assignments') }})
)

select
    event_id,
    assignment_id,
    event_type,
    event_date,
    municipality_code,
    persons,
    category,
    reception_deadline_date,
    replaces,
    reason,
from {{ ref('stg_assignment_events') }}
where assignment_id in (select looked_at.assignment_id from looked_at)
