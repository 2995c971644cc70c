select
    feed,
    file_name,
    row_number,
    reason,
    raw_row,
from {{ source('raw', 'rejected_rows') }}
