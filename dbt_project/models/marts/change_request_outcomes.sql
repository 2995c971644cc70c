-- R4: one row per change request that had been made at the as-of date: did the plan become what was wished?
with wished_months as (
    select
        requests.request_id,
        requests.decision,
        bool_and(coalesce(plans.planned_persons = requests.wished_persons, false)) as is_met,
    from {{ ref('stg_change_requests') }} as requests
    -- The version that the wish made: its own, or the first one when it was accepted before that.
    left join {{ ref('int_plan_changes_numbered') }} as versions
        on requests.municipality_code = versions.municipality_code
        and requests.quota_year = versions.quota_year
        and requests.decision = 'accepted'
        and (
            versions.effect_date = requests.decided_date
            or (versions.version_number = 1 and versions.effect_date > requests.decided_date)
        )
    left join {{ ref('int_plans_divided') }} as plans
        on versions.municipality_code = plans.municipality_code
        and versions.quota_year = plans.quota_year
        and versions.version_number = plans.version_number
        and requests.month_number = plans.month_number
    group by all
)

select
    request_id,
    case
        when bool_or(decision is null) then 'pending'
        when bool_or(decision = 'declined') then 'declined'
        when bool_and(is_met) then 'applied'
        else 'partly_applied'
    end as status,
from wished_months
group by request_id
order by request_id
