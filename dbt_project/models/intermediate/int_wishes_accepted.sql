-- R4: an accepted wish takes effect on its decided_date. One row per scenario ('decided': as it is), request and month.
with accepted as (
    select
        request_id,
        municipality_code,
        quota_year,
        month_number,
        wished_persons,
        decided_date as effect_date
    from {{ ref('int_change_requests_as_of') }}
    where decision = 'accepted'
)

{{ decided_and_what_if('accepted') }}

union all

select
    assumed.scenario,
    wishes.request_id,
    wishes.municipality_code,
    wishes.quota_year,
    wishes.month_number,
    wishes.wished_persons,
    assumed.effect_date
from {{ ref('int_requests_assumed_granted') }} as assumed
inner join {{ ref('int_change_requests_as_of') }} as wishes using (request_id, municipality_code, quota_year)
where assumed.request_kind = 'change_request' and wishes.decision is null
