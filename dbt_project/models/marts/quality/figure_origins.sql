-- Which figures of a year are real and which simulated: one row per quota year and kind of figure. Events of the log
-- count to the year of their date.
with delivered as (
    select
        quota_year,
        level as figure,
        is_simulated,
        count(*) as delivered_rows
    from {{ ref('stg_quota_decisions') }}
    where {{ has_happened('decided_date') }}
    group by all
    union all
    select
        quota_year,
        'quota_proposals' as figure,
        is_simulated,
        count(*) as delivered_rows
    from {{ ref('stg_quota_proposals') }}
    where {{ has_happened('proposed_date') }}
    group by all
    union all
    select
        quota_year,
        'redistributions' as figure,
        is_simulated,
        count(*) as delivered_rows
    from {{ ref('int_redistributions_as_of') }}
    group by all
    union all
    select
        quota_year,
        'change_requests' as figure,
        is_simulated,
        count(*) as delivered_rows
    from {{ ref('int_change_requests_as_of') }}
    group by all
    union all
    select
        event_year as quota_year,
        'assignment_log' as figure,
        is_simulated,
        events as delivered_rows
    from {{ ref('int_events_by_year') }}
    where events > 0
)

select
    quota_year,
    figure,
    sum(delivered_rows)::bigint as delivered_rows,
    coalesce(sum(delivered_rows) filter (where is_simulated), 0)::bigint as simulated_rows,
    bool_or(is_simulated) as is_simulated
from delivered
group by quota_year, figure
order by quota_year, figure
