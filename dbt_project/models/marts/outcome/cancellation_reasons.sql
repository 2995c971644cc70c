-- R6: one row per quota year and reason, for everyone to read. Below 6 persons a reason could point at a household, so
-- that year's reasons are withheld: all of them, since the year's total is public and would give a single one away.
with years as (
    select distinct quota_year
    from {{ ref('log_cancellation_reasons') }}
),

reasons as (
    select *
    from (
        values ('declined'), ('not_used'), ('moved_on_own'), ('household_changed'), ('lapsed'), ('other')
    ) as known (reason)
),

counted as (
    select
        years.quota_year,
        reasons.reason,
        coalesce(logged.cancelled_persons, 0) as cancelled_persons
    from years
    cross join reasons
    left join {{ ref('log_cancellation_reasons') }} as logged using (quota_year, reason)
),

judged as (
    select
        *,
        bool_or(cancelled_persons between 1 and 5) over (partition by quota_year) as is_withheld
    from counted
)

select
    quota_year,
    reason,
    case when not is_withheld then cancelled_persons end as cancelled_persons,
    is_withheld
from judged
order by quota_year, reason
