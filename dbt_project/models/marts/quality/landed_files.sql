-- One row per delivered file.
select
    feed,
    file_name,
    sha256,
    status,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_duplicate,
    rows_not_yet_known
from {{ ref('stg_landed_files') }}
order by feed, file_name
