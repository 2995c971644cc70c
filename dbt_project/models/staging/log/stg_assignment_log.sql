-- Section 2, keys of the log, third step: all rows but those that are not accepted. One row per event.
select
    delivered.event_id,
    delivered.event_type,
    delivered.event_date,
    delivered.assignment_id,
    delivered.recorded_at,
    delivered.municipality_code,
    delivered.persons,
    delivered.category,
    delivered.reception_deadline_date,
    delivered.replaces,
    delivered.reason,
    delivered.file_name,
    delivered.row_number
from ({{ delivered_rows('assignment_log') }}) as delivered
anti join {{ ref('stg_assignment_log_not_accepted') }} as not_accepted using (file_order, row_number)
