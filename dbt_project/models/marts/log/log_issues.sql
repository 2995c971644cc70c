-- One row per event, issue and original: what the log cannot carry (R9) is left out of the figures and listed here.
select
    event_id,
    issue,
    null::string as original_assignment_id,
    assignment_id
from {{ ref('int_events_excluded') }}
where issue is not null

union all

select
    event_id,
    issue,
    original_assignment_id,
    assignment_id
from {{ ref('int_replacement_links_checked') }}
where issue is not null
{{ ordered_by('event_id, issue, original_assignment_id') }}
