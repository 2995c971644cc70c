-- R4: what an officer needs to decide a wish: one row per undecided change request.
with requests as (
    select
        request_id,
        municipality_code,
        quota_year,
        requested_date,
        count(*) as listed_months,
        bool_or(is_simulated) as is_simulated
    from {{ ref('int_change_requests_as_of') }}
    where decision is null
    group by all
),

months as (
    select
        request_id,
        bool_or(wished_persons is not null and not can_change) as lists_begun_months,
        min(plan_month) filter (where can_change) as first_changed_month,
        sum(wished_persons) filter (where can_change) as wished_persons,
        bool_and(planned_if_granted_persons = wished_persons) filter (where wished_persons is not null) as fits,
        sum(planned_if_granted_persons) as planned_if_granted_persons,
        count(*) filter (where is_full) as full_months,
        count(*) filter (where wished_persons < net_assigned_persons) as exceeded_months
    from {{ ref('assessed_plan_months') }}
    where request_kind = 'change_request'
    group by request_id
)

select
    requests.request_id,
    requests.municipality_code,
    requests.quota_year,
    requests.requested_date,
    {{ as_of_date() }} - requests.requested_date as waiting_days,
    requests.listed_months,
    coalesce(months.lists_begun_months, false) as lists_begun_months,
    months.first_changed_month,
    months.wished_persons::bigint as wished_persons,
    counts.kommuntal_persons,
    counts.unassigned_persons,
    months.planned_if_granted_persons::bigint as planned_if_granted_persons,
    months.planned_if_granted_persons = counts.kommuntal_persons as sums_to_kommuntal,
    coalesce(months.fits, false) as would_be_applied,
    coalesce(months.full_months, 0) as full_months,
    coalesce(months.exceeded_months, 0) as exceeded_months,
    margins.county_margin_persons,
    margins.county_margin_persons >= 0 as county_stays_at_lanstal,
    requests.is_simulated
from requests
inner join {{ ref('municipalities') }} as municipalities using (municipality_code)
left join months using (request_id)
left join {{ ref('quota_year_counts') }} as counts using (municipality_code, quota_year)
left join {{ ref('int_county_margins_ahead') }} as margins using (county_code, quota_year)
order by requests.request_id
