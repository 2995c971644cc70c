-- R8, R9: the dialogue about more than the plan says.
-- One row per assignment id with a request, an approval or a refusal that counts.
with events as (
    select * from {{ ref('int_events_counted') }}
    where event_type in ('over_plan_requested', 'over_plan_approved', 'over_plan_declined')
),

dialogues as (
    select
        assignment_id,
        min_by(municipality_code, (event_date, event_id)) filter (where event_type = 'over_plan_requested')
            as requested_municipality_code,
        min_by(persons, (event_date, event_id)) filter (where event_type = 'over_plan_requested') as requested_persons,
        coalesce(
            min_by(reason, (event_date, event_id)) filter (where event_type = 'over_plan_requested'),
            min_by(reason, (event_date, event_id)) filter (where event_type = 'over_plan_approved')
        ) as reason,
        min(event_date) filter (where event_type = 'over_plan_requested') as requested_date,
        min(event_date) filter (where event_type = 'over_plan_approved') as approved_date,
        min(event_date) filter (where event_type = 'over_plan_declined') as declined_date
    from events
    group by assignment_id
)

select
    dialogues.assignment_id,
    coalesce(dialogues.requested_municipality_code, assignments.municipality_code) as municipality_code,
    coalesce(dialogues.requested_persons, assignments.persons) as persons,
    dialogues.reason,
    dialogues.requested_date,
    case
        when dialogues.approved_date is not null then 'approved'
        when dialogues.declined_date is not null then 'declined'
    end as answer,
    coalesce(dialogues.approved_date, dialogues.declined_date) as answered_date,
    assignments.assignment_id is not null as is_assigned
from dialogues
left join {{ ref('assignments') }} as assignments using (assignment_id)
{{ ordered_by('dialogues.assignment_id') }}
