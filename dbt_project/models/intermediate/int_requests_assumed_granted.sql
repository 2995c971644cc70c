-- R4: every undecided request as if it were granted on the as-of date, where that could change a plan.
-- One row per request and municipality whose plan it concerns; moved_persons is null for wishes.
with requests as (
    select
        'change_request' as request_kind,
        request_id,
        quota_year,
        municipality_code,
        {{ as_of_date() }} as effect_date,
        null::bigint as moved_persons
    from {{ ref('int_change_requests_as_of') }}
    where decision is null
    group by all
    union all
    select
        'redistribution' as request_kind,
        agreement_id as request_id,
        quota_year,
        unnest([from_municipality_code, to_municipality_code]) as municipality_code,
        {{ now_in('quota_year') }} as effect_date,
        unnest([-persons, persons]) as moved_persons
    from {{ ref('int_redistributions_judged') }}
    where decision is null and obstacle is null
)

select
    request_kind || ' ' || request_id as scenario,
    *
from requests
where year({{ as_of_date() }}) <= quota_year
