-- Section 2: one row per delivered file, or what is not read at all, and remark.
select
    feed,
    file_name,
    remark,
    detail,
    occurrences
from {{ source('parsed', 'file_remarks') }}
order by feed, file_name, remark
