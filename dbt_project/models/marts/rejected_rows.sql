-- One row per delivered row that was set aside. Few come or go in a night, and their text is long: the others stay.
{% set key = 'feed, file_name, row_number, reason' -%}
{{ config(materialized='incremental', pre_hook="{{ forget_gone(ref('stg_rejected_rows'), '" ~ key ~ "') }}") }}
select
    feed,
    file_name,
    row_number,
    reason,
    raw_row,
from {{ ref('stg_rejected_rows') }}
where {{ is_new(key) }}
order by feed, file_name, row_number
