select
    feed,
    file_name,
    sha256,
    status,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_duplicate,
from {{ source('raw', 'landed_files') }}
