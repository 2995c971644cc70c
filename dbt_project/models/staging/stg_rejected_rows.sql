-- Section 2: one row per delivered row that is rejected; superseded ones as they were understood.
{{ config(materialized='ephemeral') }}
with unfit as (
    select
        deliveries.feed,
        deliveries.file_name,
        rejected.row_number,
        rejected.reason,
        rejected.raw_row
    from {{ source('parsed', 'rejected_rows') }} as rejected
    inner join {{ source('parsed', 'deliveries') }} as deliveries
        on rejected.feed = deliveries.feed
        and rejected.file_order = deliveries.file_order
)

select * from unfit
{%- for feed, settled in {
    'quota_decisions': ref('stg_quota_decisions_settled'),
    'redistributions': ref('stg_redistributions_settled'),
    'change_requests': ref('stg_change_requests_settled'),
    'assignment_log': ref('stg_assignment_log_not_accepted')
}.items() %}

union all

select
    '{{ feed }}' as feed,
    file_name,
    row_number,
    row_status as reason,
    raw_row
from {{ settled }}
where row_status = 'superseded'
{%- endfor %}
