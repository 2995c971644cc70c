-- Section 2, keys of the log: rows that a later one replaced, of which few are delivered. One row per file and row
-- number.
select
    file_name,
    row_number,
    row_status,
    raw_row
from {{ ref('stg_assignment_log_not_accepted') }}
where row_status = 'superseded'
