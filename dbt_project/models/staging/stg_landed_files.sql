-- Section 2: one row per delivered file, with what became of its rows.
with settled as (
    select
        'quota_decisions' as feed,
        file_name,
        row_status
    from {{ ref('stg_quota_decisions_settled') }}
    union all
    select
        'redistributions' as feed,
        file_name,
        row_status
    from {{ ref('stg_redistributions_settled') }}
    union all
    select
        'change_requests' as feed,
        file_name,
        row_status
    from {{ ref('stg_change_requests_settled') }}
    union all
    select
        'assignment_log' as feed,
        file_name,
        row_status
    from {{ ref('stg_assignment_log_not_accepted') }}
    union all
    select
        'assignment_log' as feed,
        file_name,
        'accepted' as row_status
    from {{ ref('stg_assignment_log') }}
),

counted as (
    select
        feed,
        file_name,
        count(*) filter (where row_status = 'accepted') as rows_accepted,
        count(*) filter (where row_status = 'superseded') as rows_superseded,
        count(*) filter (where row_status = 'duplicate') as rows_duplicate
    from settled
    group by feed, file_name
)

select
    deliveries.feed,
    deliveries.file_name,
    deliveries.sha256,
    deliveries.status,
    deliveries.problem,
    deliveries.unknown_columns,
    deliveries.rows_read,
    coalesce(counted.rows_accepted, 0) as rows_accepted,
    deliveries.rows_unfit + coalesce(counted.rows_superseded, 0) as rows_rejected,
    coalesce(counted.rows_duplicate, 0) as rows_duplicate
from {{ source('parsed', 'deliveries') }} as deliveries
left join counted
    on deliveries.feed = counted.feed
    and deliveries.file_name = counted.file_name
