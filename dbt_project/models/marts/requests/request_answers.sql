-- R2, R4: what every decided request is answered with: one row per request and municipality that is answered.
with requests as (
    select
        'change_request' as request_kind,
        wishes.request_id,
        wishes.municipality_code,
        null::string as other_municipality_code,
        wishes.quota_year,
        wishes.requested_date,
        wishes.decision,
        wishes.decided_date,
        outcomes.status,
        null::string as invalid_reason,
        null::bigint as moved_persons,
        case when wishes.decision = 'accepted' then wishes.decided_date end as effect_date,
        max(wishes.version_number) as version_number,
        bool_or(wishes.is_simulated) as is_simulated
    from {{ ref('int_wishes_compared') }} as wishes
    inner join {{ ref('change_request_outcomes') }} as outcomes using (request_id)
    where wishes.decision is not null
    group by all
    union all
    select
        'redistribution' as request_kind,
        judged.agreement_id as request_id,
        unnest([judged.from_municipality_code, judged.to_municipality_code]) as municipality_code,
        unnest([judged.to_municipality_code, judged.from_municipality_code]) as other_municipality_code,
        judged.quota_year,
        judged.requested_date,
        judged.decision,
        judged.decided_date,
        judged.status,
        judged.invalid_reason,
        unnest([-judged.persons, judged.persons]) as moved_persons,
        case when judged.status = 'applied' then judged.in_force_date end as effect_date,
        null::bigint as version_number,
        judged.is_simulated
    from {{ ref('int_redistributions_judged') }} as judged
    where judged.decision is not null
)

select
    requests.request_kind,
    requests.request_id,
    requests.municipality_code,
    any_value(requests.other_municipality_code) as other_municipality_code,
    requests.quota_year,
    requests.requested_date,
    requests.decision,
    requests.decided_date,
    requests.status,
    requests.invalid_reason,
    min(requests.moved_persons) as moved_persons,
    requests.effect_date,
    -- An applied redistribution is part of the version of its effect date; one that leaves no month is part of none.
    max(coalesce(requests.version_number, versions.version_number)) as version_number,
    max(kommuntal.kommuntal_persons) as kommuntal_persons,
    requests.is_simulated
from requests
left join {{ ref('int_plan_changes_numbered') }} as versions
    on requests.request_kind = 'redistribution'
    and versions.scenario = 'decided'
    and requests.municipality_code = versions.municipality_code
    and requests.quota_year = versions.quota_year
    and requests.effect_date = versions.effect_date
left join {{ ref('municipality_quotas') }} as kommuntal
    on requests.municipality_code = kommuntal.municipality_code
    and requests.quota_year = kommuntal.quota_year
    and coalesce(requests.effect_date, requests.decided_date)
    between kommuntal.valid_from_date and kommuntal.valid_to_date
group by all
order by requests.request_kind, requests.request_id, requests.municipality_code
