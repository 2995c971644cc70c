-- R5, R7, R10: one row per cancelled assignment, with its direct, valid replacements.
with links as (
    select
        allotted.*,
        checked.persons,
        checked.reception_deadline_date,
        count(*) over (partition by allotted.assignment_id) as originals
    from {{ ref('replacement_links') }} as allotted
    inner join {{ ref('int_replacement_links_checked') }} as checked using (assignment_id, original_assignment_id)
),

replacements as (
    select
        original_assignment_id,
        count(*) as replacement_assignments,
        sum(allotted_persons)::bigint as replacement_persons,
        max(reception_deadline_date) as latest_deadline_date,
        max(originals) as originals,
        max(persons) as persons
    from links
    group by original_assignment_id
)

select
    assignments.assignment_id,
    assignments.municipality_code,
    assignments.quota_year,
    assignments.persons,
    assignments.assigned_date,
    assignments.cancelled_date,
    assignments.cancellation_reason as reason,
    coalesce(replacements.replacement_assignments, 0) as replacement_assignments,
    coalesce(replacements.replacement_persons, 0) as replacement_persons,
    greatest(0, assignments.persons - coalesce(replacements.replacement_persons, 0)) as awaiting_persons,
    -- R7: the displacement is the days from its deadline to the latest one of its direct replacements.
    (replacements.latest_deadline_date - assignments.reception_deadline_date)::bigint as displacement_days,
    coalesce(
        replacements.replacement_assignments <> 1
        or replacements.originals <> 1
        or replacements.persons <> assignments.persons,
        false
    ) as is_new_constellation,
    year(assignments.cancelled_date) > assignments.quota_year as crosses_year
from {{ ref('assignments') }} as assignments
left join replacements on assignments.assignment_id = replacements.original_assignment_id
where assignments.status = 'cancelled'
{{ ordered_by('assignments.assignment_id') }}
