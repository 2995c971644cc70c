-- An event exists from its event_date; a retracted one never happened (contract, sections 2 and 3).
-- Words and codes stay the closed lists that ingest made of them: what is joined and counted is small that way.
select
    event_id,
    event_type,
    event_date,
    assignment_id,
    municipality_code,
    persons,
    category,
    reception_deadline_date,
    replaces,
    coalesce(reason, 'other') as reason,
    file_name,
from {{ source('raw', 'assignment_log') }}
where
    event_date <= {{ as_of_date() }}
    and event_type <> 'retracted'
