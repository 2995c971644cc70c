-- Section 2: one row per delivered file, with what became of its rows.
with counted as (
    select
        feed,
        file_name,
        count(*) filter (where row_status = 'superseded') as superseded,
        count(*) filter (where row_status = 'duplicate') as duplicates
    from {{ ref('stg_rows_not_accepted') }}
    group by feed, file_name
    union all
    select
        'assignment_log' as feed,
        file_name,
        0 as superseded,
        duplicates
    from {{ ref('stg_assignment_log_duplicates') }}
),

summed as (
    select
        feed,
        file_name,
        sum(superseded)::bigint as superseded,
        sum(duplicates)::bigint as duplicates
    from counted
    group by feed, file_name
)

select
    deliveries.feed,
    deliveries.file_name,
    deliveries.sha256,
    deliveries.status,
    deliveries.problem,
    deliveries.rows_read,
    deliveries.rows_unfit + coalesce(summed.superseded, 0) as rows_rejected,
    coalesce(summed.duplicates, 0) as rows_duplicate,
    coalesce(later.not_yet_known, 0) as rows_not_yet_known,
    deliveries.rows_read - rows_rejected - rows_duplicate - rows_not_yet_known as rows_accepted
from {{ source('parsed', 'deliveries') }} as deliveries
left join summed using (feed, file_name)
left join {{ ref('stg_rows_not_yet_known') }} as later using (feed, file_order)
