-- R9: of several assigned events of one assignment the first by date and id counts. One row per other one.
{{ config(materialized='incremental', pre_hook='{{ forget_affected() }}') }}
-- depends_on: {{ ref('int_assignments_affected') }}
with assigned as (
    select
        event_id,
        assignment_id,
        event_date,
    from {{ ref('stg_assignment_events') }}
    where
        event_type = 'assigned'
        and {{ is_affected() }}
),

{{ assignments_with_several('assigned') }},

numbered as (
    select
        event_id,
        assignment_id,
        row_number() over (partition by assignment_id order by event_date, event_id) as event_number,
    from assigned
    semi join with_several on hash(assigned.assignment_id) = with_several.digest
)

select
    event_id,
    assignment_id,
from numbered
where event_number > 1
