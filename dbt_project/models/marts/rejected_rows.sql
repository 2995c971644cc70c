-- One row per delivered row that was set aside.
-- A view: the text of each row need not be held twice.
{{ config(materialized='view') }}
select
    feed,
    file_name,
    row_number,
    reason,
    raw_row,
from {{ ref('stg_rejected_rows') }}
order by feed, file_name, row_number
