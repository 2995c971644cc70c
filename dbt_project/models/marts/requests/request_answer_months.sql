-- R4: what the plan was before a decided request, and what the request made of it.
-- One row per answered request, municipality and month; none where there was no plan yet.
with plans as (
    select
        versions.*,
        coalesce(
            lead(versions.effect_date) over (
                partition by versions.municipality_code, versions.plan_month
                order by versions.version_number
            ),
            date '9999-12-31'
        ) as next_effect_date
    from {{ ref('monthly_plan_versions') }} as versions
)

select
    answers.request_kind,
    answers.request_id,
    answers.municipality_code,
    plans.plan_month,
    plans.version_number,
    wishes.wished_persons,
    case
        when answers.version_number is null then plans.planned_persons
        else earlier.planned_persons
    end as planned_before_persons,
    plans.planned_persons
from {{ ref('request_answers') }} as answers
-- Its version, or where it made none, the one that stood on the day it was decided.
inner join plans
    on answers.municipality_code = plans.municipality_code
    and answers.quota_year = plans.quota_year
    and (
        answers.version_number = plans.version_number
        or (
            answers.version_number is null
            and answers.decided_date >= plans.effect_date
            and answers.decided_date < plans.next_effect_date
        )
    )
left join plans as earlier
    on plans.municipality_code = earlier.municipality_code
    and plans.plan_month = earlier.plan_month
    and plans.version_number = earlier.version_number + 1
left join {{ ref('int_change_requests_as_of') }} as wishes
    on answers.request_kind = 'change_request'
    and answers.request_id = wishes.request_id
    and plans.plan_month = wishes.plan_month
order by answers.request_kind, answers.request_id, answers.municipality_code, plans.plan_month
