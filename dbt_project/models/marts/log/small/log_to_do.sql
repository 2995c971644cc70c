-- R5, R7, R8: what of the log waits for somebody: one row per kind, quota year and municipality.
with waiting as (
    select
        'overdue' as kind,
        quota_year,
        municipality_code,
        persons,
        reception_deadline_date as since_date
    from {{ ref('assignments') }}
    where is_overdue
    union all
    select
        'awaiting' as kind,
        quota_year,
        municipality_code,
        awaiting_persons as persons,
        cancelled_date as since_date
    from {{ ref('cancellations') }}
    where awaiting_persons > 0
    union all
    select
        'over_plan_unanswered' as kind,
        -- Before anybody is assigned, the year of the request stands for it.
        coalesce(assignments.quota_year, year(dialogues.requested_date)) as quota_year,
        dialogues.municipality_code,
        dialogues.persons,
        dialogues.requested_date as since_date
    from {{ ref('over_plan_dialogues') }} as dialogues
    left join {{ ref('assignments') }} as assignments using (assignment_id)
    where dialogues.answer is null
)

select
    kind,
    quota_year::bigint as quota_year,
    municipality_code,
    count(*) as cases,
    sum(persons)::bigint as persons,
    min(since_date) as oldest_date
from waiting
group by kind, quota_year, municipality_code
