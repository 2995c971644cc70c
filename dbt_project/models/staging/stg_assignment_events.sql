-- An event exists from its event_date; a retracted one never happened (contract, sections 2 and 3).
select
    event_id,
    event_type::varchar as event_type,
    event_date,
    assignment_id,
    municipality_code::varchar as municipality_code,
    persons,
    category::varchar as category,
    reception_deadline_date,
    replaces,
    coalesce(reason::varchar, 'other') as reason,
    file_name,
from {{ source('raw', 'assignment_log') }}
where
    event_date <= {{ as_of_date() }}
    and event_type <> 'retracted'
