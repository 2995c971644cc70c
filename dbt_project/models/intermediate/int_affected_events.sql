-- Events of assignments to be computed anew, and of those that they replace (R5): the log is looked through here, and not
-- once more by every model. One row per event; none where the warehouse was empty.
with affected as materialized (
    select *
    from {{ ref('stg_assignment_events') }}
    where assignment_id in (select assignment_id from {{ source('raw', 'touched_assignments') }})
),

originals as (
    select unnest(string_split(replaces, ';')) as assignment_id
    from affected
    where replaces is not null
)

select * from affected

union all

select events.*
from {{ ref('stg_assignment_events') }} as events
where
    events.assignment_id in (select originals.assignment_id from originals)
    and events.assignment_id not in (select affected.assignment_id from affected)
