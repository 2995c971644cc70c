-- One row per feed and remark on its files.
select
    feed,
    remark,
    count(*) as files
from {{ ref('file_remarks') }}
group by feed, remark
order by feed, remark
