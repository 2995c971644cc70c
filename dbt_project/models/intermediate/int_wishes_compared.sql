-- R4: what the plan became of each wish. One row per request and month; the version is null where the wish made none.
select
    requests.request_id,
    requests.municipality_code,
    requests.quota_year,
    requests.plan_month,
    requests.requested_date,
    requests.decision,
    requests.decided_date,
    requests.wished_persons,
    versions.version_number,
    plans.planned_persons,
    requests.is_simulated
from {{ ref('int_change_requests_as_of') }} as requests
-- The version that the wish made: its own, or the first one when it was accepted before that.
left join {{ ref('int_plan_changes_numbered') }} as versions
    on requests.municipality_code = versions.municipality_code
    and requests.quota_year = versions.quota_year
    and requests.decision = 'accepted'
    and versions.scenario = 'decided'
    and (
        versions.effect_date = requests.decided_date
        or (versions.version_number = 1 and versions.effect_date > requests.decided_date)
    )
left join {{ ref('int_plans_divided') }} as plans
    on versions.municipality_code = plans.municipality_code
    and versions.quota_year = plans.quota_year
    and versions.version_number = plans.version_number
    and requests.month_number = plans.month_number
    and plans.scenario = 'decided'
