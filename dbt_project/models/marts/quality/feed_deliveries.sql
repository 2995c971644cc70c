-- What has come in, and how new it is: one row per feed with a delivered file.
with latest as (
    select
        'quota_decisions' as feed,
        max(decided_date) as latest_date
    from {{ ref('stg_quota_decisions') }}
    where {{ has_happened('decided_date') }}
    union all
    select
        'quota_proposals' as feed,
        max(proposed_date) as latest_date
    from {{ ref('stg_quota_proposals') }}
    where {{ has_happened('proposed_date') }}
    union all
    select
        'redistributions' as feed,
        max(greatest(decided_date, requested_date)) as latest_date
    from {{ ref('int_redistributions_as_of') }}
    union all
    select
        'change_requests' as feed,
        max(greatest(decided_date, requested_date)) as latest_date
    from {{ ref('int_change_requests_as_of') }}
    union all
    select
        'assignment_log' as feed,
        max(latest_event_date) as latest_date
    from {{ ref('int_events_by_year') }}
)

select
    landed_files.feed,
    count(*) as files,
    sum(landed_files.rows_read)::bigint as rows_read,
    sum(landed_files.rows_accepted)::bigint as rows_accepted,
    sum(landed_files.rows_rejected)::bigint as rows_rejected,
    sum(landed_files.rows_duplicate)::bigint as rows_duplicate,
    sum(landed_files.rows_not_yet_known)::bigint as rows_not_yet_known,
    latest.latest_date
from {{ ref('landed_files') }} as landed_files
inner join latest using (feed)
group by landed_files.feed, latest.latest_date
order by landed_files.feed
