-- R5: the events of assignments to be computed anew; what these replace is among them. The log is looked through here
-- and not once more by every model. One row per event; none where the warehouse was empty.
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
where assignment_id in (select assignment_id from {{ source('raw', 'touched_assignments') }})
