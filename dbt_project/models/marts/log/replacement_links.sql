-- R10: a replacement's persons are allotted once over its valid originals, in their order: each gets at most its own
-- persons, and the last what is left. One row per replacement and original that it validly replaces.
with numbered as (
    select
        *,
        coalesce(
            sum(original_persons) over (
                partition by assignment_id
                order by original_assigned_date, original_assignment_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as persons_before,
        lead(original_assignment_id) over (
            partition by assignment_id
            order by original_assigned_date, original_assignment_id
        ) is null as is_last
    from {{ ref('int_replacement_links_checked') }}
    where issue is null
)

select
    assignment_id,
    original_assignment_id,
    case
        when is_last then greatest(0, persons - persons_before)
        else greatest(0, least(original_persons, persons - persons_before))
    end::bigint as allotted_persons,
    (assigned_date - original_cancelled_date)::bigint as days_to_replacement
from numbered
{{ ordered_by('assignment_id, original_assignment_id') }}
