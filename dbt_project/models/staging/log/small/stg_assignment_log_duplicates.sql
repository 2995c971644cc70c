-- Section 2, keys of the log: rows that only say again what an earlier one said, of which a full log every night
-- delivers many. One row per delivered file that has any.
select
    file_name,
    count(*) as duplicates
from {{ ref('stg_assignment_log_not_accepted') }}
where row_status = 'duplicate'
group by file_name
