{#- R6, R8, R9: those of `events` that count. -#}
{%- macro events_that_count(events) -%}
select
    events.event_id,
    events.assignment_id,
    events.event_type,
    events.event_date,
    events.municipality_code,
    events.persons,
    events.category,
    -- R7: two calendar months after the assigned date, or the last day of that month.
    case
        when events.event_type = 'assigned'
            then coalesce(events.reception_deadline_date, (events.event_date + interval 2 month)::date)
    end as reception_deadline_date,
    events.replaces,
    events.reason,
from {{ events }} as events
anti join {{ ref('int_events_left_out') }} as left_out on events.event_id = left_out.event_id
{%- endmacro -%}
