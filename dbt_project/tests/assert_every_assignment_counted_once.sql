-- Fails for a municipality and quota year in which the persons assigned are not the persons received (at assignment
-- size) + open + cancelled, and for a municipality whose assigned events do not all reach a quota year (R10).
-- It would catch a join that drops or doubles an assignment on its way from the log to the counts.
{{ config(meta={'check': 'every_assignment_counted_once', 'dagster': {'ref': {'name': 'quota_year_counts'}}}) }}
-- Nothing is made of this leaf, so that a failure skips no model: a blocked build is built to its end.
-- depends_on: {{ ref('rejected_row_counts') }}
with logged as (
    select
        municipality_code,
        sum(persons) as assigned_persons
    from {{ ref('int_events_counted') }}
    where event_type = 'assigned'
    group by municipality_code
),

attributed as (
    select
        quota_year,
        municipality_code,
        sum(persons) as assigned_persons,
        coalesce(sum(persons) filter (where status = 'received'), 0) as received_at_assignment_size
    from {{ ref('assignments') }}
    group by quota_year, municipality_code
),

counted as (
    select
        attributed.quota_year,
        attributed.municipality_code,
        attributed.assigned_persons,
        attributed.received_at_assignment_size + counts.open_persons + counts.cancelled_persons as counted_persons
    from attributed
    left join {{ ref('quota_year_counts') }} as counts using (quota_year, municipality_code)
),

reached as (
    select
        municipality_code,
        sum(assigned_persons) as reached_persons
    from attributed
    group by municipality_code
)

select
    quota_year,
    municipality_code,
    assigned_persons,
    counted_persons
from counted
where assigned_persons is distinct from counted_persons

union all

select
    null as quota_year,
    coalesce(logged.municipality_code, reached.municipality_code) as municipality_code,
    logged.assigned_persons,
    reached.reached_persons as counted_persons
from logged
full join reached using (municipality_code)
where logged.assigned_persons is distinct from reached.reached_persons
