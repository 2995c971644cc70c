-- One row per change request that had been made at the as-of date, and month that it speaks of.
select
    wishes.request_id,
    wishes.plan_month,
    wishes.municipality_code,
    wishes.quota_year,
    wishes.requested_date,
    wishes.decision,
    wishes.decided_date,
    outcomes.status,
    wishes.version_number,
    wishes.wished_persons,
    wishes.planned_persons,
    wishes.is_simulated
from {{ ref('int_wishes_compared') }} as wishes
inner join {{ ref('change_request_outcomes') }} as outcomes using (request_id)
order by wishes.request_id, wishes.plan_month
