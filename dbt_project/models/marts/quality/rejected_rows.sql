-- One row per delivered row that is rejected.
select
    feed,
    file_name,
    row_number,
    reason,
    raw_row
from {{ ref('stg_rejected_rows') }}
order by feed, file_name, row_number
