-- Sections 2 and 3: one row per delivered file, or what is not read at all, and remark.
select
    feed,
    file_name,
    remark,
    detail,
    occurrences
from {{ source('parsed', 'file_remarks') }}

union all

select
    later.feed,
    deliveries.file_name,
    'no_recorded_at' as remark,
    'rows that do not say when they were recorded count as always known' as detail,
    later.without_recorded_at as occurrences
from {{ ref('stg_rows_not_yet_known') }} as later
inner join {{ source('parsed', 'deliveries') }} as deliveries using (feed, file_order)
where later.without_recorded_at > 0
order by feed, file_name, remark
