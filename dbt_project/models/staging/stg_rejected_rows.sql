-- Section 2: one row per delivered row that is rejected; superseded ones as they were understood.
{{ config(materialized='ephemeral') }}
select
    deliveries.feed,
    deliveries.file_name,
    rejected.row_number,
    rejected.reason,
    rejected.raw_row
from {{ source('parsed', 'rejected_rows') }} as rejected
inner join {{ source('parsed', 'deliveries') }} as deliveries using (feed, file_order)
union all
select
    feed,
    file_name,
    row_number,
    row_status as reason,
    raw_row
from {{ ref('stg_rows_not_accepted') }}
where row_status = 'superseded'
