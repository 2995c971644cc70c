-- R5, R6, R7: what the log says of a quota year: one row per quota year and municipality with an assignment.
select
    quota_year,
    municipality_code,
    sum(persons)::bigint as assigned_persons,
    sum(persons) filter (where status = 'received')::bigint as received_at_assignment_size,
    sum(received_persons)::bigint as received_persons,
    sum(persons) filter (where status = 'open')::bigint as open_persons,
    sum(persons) filter (where status = 'cancelled')::bigint as cancelled_persons,
    sum(received_persons) filter (where year(received_date) > quota_year)::bigint as received_later_persons,
    sum(received_persons) filter (where is_replacement)::bigint as received_by_replacement_persons,
    sum(persons) filter (where is_overdue)::bigint as overdue_persons
from {{ ref('assignments') }}
group by quota_year, municipality_code
