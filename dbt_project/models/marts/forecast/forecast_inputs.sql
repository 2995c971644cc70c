-- R1, R5, R6: what the forecast rests on: how quota years stood on the day of their year that the as-of date is, and
-- what came of it in years that are settled. One row per quota year, years passed, municipality and state.
with quota_years as (
    select distinct
        quota_year,
        years_passed
    from {{ ref('log_forecast_states') }}
    union
    select
        year({{ as_of_date() }}) as quota_year,
        0 as years_passed
    from {{ ref('log_forecast_states') }}
),

-- Kommuntal is a decision, not a forecast: it is taken as it is now, and of other years as it was in the end.
origins as (
    select
        *,
        case
            when quota_year + years_passed = year({{ as_of_date() }}) then {{ now_in('quota_year') }}
            else {{ last_day_of('quota_year') }}
        end as quota_date
    from quota_years
),

quotas as (
    select
        origins.quota_year,
        origins.years_passed,
        quotas.municipality_code,
        quotas.kommuntal_persons
    from origins
    inner join {{ ref('municipality_quotas') }} as quotas
        on origins.quota_year = quotas.quota_year
        and origins.quota_date between quotas.valid_from_date and quotas.valid_to_date
),

-- Of kommuntal what nobody is assigned to yet, or no longer; and whoever was assigned later.
to_assign as (
    select
        quotas.quota_year,
        quotas.years_passed,
        quotas.municipality_code,
        'to_assign' as state,
        greatest(
            0, quotas.kommuntal_persons - coalesce(sum(states.persons) filter (where states.state <> 'to_assign'), 0)
        ) as persons,
        coalesce(sum(states.received_in_time_persons) filter (where states.state = 'to_assign'), 0)
            as received_in_time_persons,
        coalesce(sum(states.received_persons) filter (where states.state = 'to_assign'), 0) as received_persons
    from quotas
    left join {{ ref('log_forecast_states') }} as states using (quota_year, years_passed, municipality_code)
    group by quotas.quota_year, quotas.years_passed, quotas.municipality_code, quotas.kommuntal_persons
),

stood as (
    select * from to_assign
    union all by name
    select * from {{ ref('log_forecast_states') }}
    where state <> 'to_assign'
)

select
    stood.quota_year,
    stood.years_passed,
    stood.municipality_code,
    stood.state,
    coalesce(quotas.kommuntal_persons, 0)::bigint as kommuntal_persons,
    stood.persons::bigint as persons,
    stood.received_in_time_persons::bigint as received_in_time_persons,
    stood.received_persons::bigint as received_persons,
    -- What comes after the closing in the end of February, and what is recorded late, is in by then.
    make_date(stood.quota_year + 1, 3, 31) <= {{ as_of_date() }} as is_settled,
    stood.quota_year + stood.years_passed = year({{ as_of_date() }}) and not is_settled as is_now
from stood
left join quotas using (quota_year, years_passed, municipality_code)
order by stood.quota_year, stood.years_passed, stood.municipality_code, stood.state
