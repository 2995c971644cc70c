-- Section 2: one row per delivered file, with what became of its rows.
with counted as (
{%- for feed, settled in {
    'quota_decisions': ref('stg_quota_decisions_settled'),
    'redistributions': ref('stg_redistributions_settled'),
    'change_requests': ref('stg_change_requests_settled'),
    'assignment_log': ref('stg_assignment_log_not_accepted')
}.items() %}
    select
        '{{ feed }}' as feed,
        file_name,
        row_status,
        count(*) as rows_of_status
    from {{ settled }}
    group by all
    union all
{%- endfor %}
    select
        'assignment_log' as feed,
        file_name,
        'accepted' as row_status,
        count(*) as rows_of_status
    from {{ ref('stg_assignment_log') }}
    group by all
),

summed as (
    select
        feed,
        file_name,
        sum(rows_of_status) filter (where row_status = 'accepted') as rows_accepted,
        sum(rows_of_status) filter (where row_status = 'superseded') as rows_superseded,
        sum(rows_of_status) filter (where row_status = 'duplicate') as rows_duplicate
    from counted
    group by all
)

select
    deliveries.feed,
    deliveries.file_name,
    deliveries.sha256,
    deliveries.status,
    deliveries.problem,
    deliveries.unknown_columns,
    deliveries.rows_read,
    coalesce(summed.rows_accepted, 0)::bigint as rows_accepted,
    (deliveries.rows_unfit + coalesce(summed.rows_superseded, 0))::bigint as rows_rejected,
    coalesce(summed.rows_duplicate, 0)::bigint as rows_duplicate
from {{ source('parsed', 'deliveries') }} as deliveries
left join summed
    on deliveries.feed = summed.feed
    and deliveries.file_name = summed.file_name
