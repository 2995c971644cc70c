-- R5, R6, R7: one row per assignment that the log knows. It is open until its first outcome makes it received or
-- cancelled, and overdue when it is open past its deadline.
with outcomes as (
    select * from {{ ref('int_events_counted') }}
    where event_type in ('received', 'cancelled')
),

approvals as (
    select * from {{ ref('int_events_counted') }}
    where event_type = 'over_plan_approved'
)

select
    assigned.assignment_id,
    assigned.municipality_code,
    assigned.persons,
    assigned.category,
    assigned.event_date as assigned_date,
    assigned.reception_deadline_date,
    coalesce(outcomes.event_type, 'open') as status,
    case when outcomes.event_type = 'received' then outcomes.event_date end as received_date,
    case when outcomes.event_type = 'received' then coalesce(outcomes.persons, assigned.persons) end
        as received_persons,
    case when outcomes.event_type = 'cancelled' then outcomes.event_date end as cancelled_date,
    case when outcomes.event_type = 'cancelled' then outcomes.reason end as cancellation_reason,
    traces.assignment_id is not null as is_replacement,
    coalesce(traces.original_assignment_id, assigned.assignment_id) as original_assignment_id,
    -- R5: what replaces nothing counts against the year of its assigned date.
    year(coalesce(traces.original_assigned_date, assigned.event_date))::bigint as quota_year,
    outcomes.event_type is null and assigned.reception_deadline_date < {{ as_of_date() }} as is_overdue,
    approvals.event_date as over_plan_approved_date,
    approvals.reason as over_plan_reason
from {{ ref('int_events_counted') }} as assigned
left join outcomes using (assignment_id)
left join {{ ref('int_replacements_traced_to_originals') }} as traces using (assignment_id)
left join approvals using (assignment_id)
where assigned.event_type = 'assigned'
-- Sorted by id: point lookups read one row group.
{{ ordered_by('assigned.assignment_id') }}
