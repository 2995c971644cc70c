-- R9: of several assigned events of one assignment the first by date and id counts. One row per assigned event.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
select
    event_id,
    assignment_id,
    event_date as assigned_date,
    municipality_code,
    persons,
    category,
    -- R7: two calendar months after the assigned date, or the last day of that month.
    coalesce(reception_deadline_date, (event_date + interval 2 month)::date) as reception_deadline_date,
    replaces,
    row_number() over (partition by assignment_id order by event_date, event_id) = 1 as is_first,
from {{ ref('stg_assignment_events') }}
where
    event_type = 'assigned'
    and {{ is_affected() }}
