-- R5, R6: how each quota year stood on the same day of its own year (years_passed 0) and of the next (1) as the as-of
-- date is of its year, by what had been recorded by then, and what has come of it since. One row per quota year, years
-- passed, municipality and state.
with recorded as (
    select
        assignment_id,
        max(recorded_at) filter (where event_type = 'assigned') as assigned_at,
        max(recorded_at) filter (where event_type in ('received', 'cancelled')) as ended_at
    from {{ ref('int_events_counted') }}
    group by assignment_id
),

-- A date alone stands for what was never recorded later than it happened.
dated as (
    select
        assignments.*,
        passed.years_passed,
        {{ same_day_of('assignments.quota_year + passed.years_passed') }} as origin_date,
        greatest(assignments.assigned_date, coalesce(recorded.assigned_at::date, assignments.assigned_date))
            as assigned_known_date,
        greatest(
            coalesce(assignments.received_date, assignments.cancelled_date),
            coalesce(recorded.ended_at::date, assignments.received_date, assignments.cancelled_date)
        ) as ended_known_date
    from {{ ref('assignments') }} as assignments
    inner join recorded on assignments.assignment_id = recorded.assignment_id
    cross join (
        select 0 as years_passed
        union all
        select 1 as years_passed
    ) as passed
    where assignments.quota_year >= {{ first_year_to_learn_from() }}
),

placed as (
    select
        *,
        case
            when assigned_known_date > origin_date then 'to_assign'
            when ended_known_date <= origin_date and status = 'received' then 'received'
            when ended_known_date <= origin_date then 'cancelled'
            when reception_deadline_date > origin_date + 30 then 'due_later'
            when reception_deadline_date >= origin_date then 'due_soon'
            when reception_deadline_date >= origin_date - 60 then 'overdue'
            else 'long_overdue'
        end as state
    from dated
    where {{ has_happened('origin_date') }}
)

select
    quota_year,
    years_passed::bigint as years_passed,
    municipality_code,
    state,
    sum(
        case state when 'to_assign' then 0 when 'received' then received_persons else persons end
    )::bigint as persons,
    coalesce(sum(received_persons) filter (where year(received_date) <= quota_year), 0)::bigint
        as received_in_time_persons,
    coalesce(sum(received_persons), 0)::bigint as received_persons
from placed
where state <> 'cancelled'
group by quota_year, years_passed, municipality_code, state
