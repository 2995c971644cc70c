-- Fails for a municipality and quota year in which the persons assigned are not the persons received (at assignment
-- size) + open + cancelled, and for a municipality whose assigned events do not all reach a quota year (R10).
-- It would catch a join that drops or doubles an assignment on its way from the log to the counts.
{{ config(meta={'check': 'every_assignment_counted_once', 'dagster': {'ref': {'name': 'quota_year_counts'}}}) }}
-- Nothing is made of this leaf, so that a failure skips no model: a blocked build is built to its end.
-- depends_on: {{ ref('rejected_row_counts') }}
with counted as (
    select
        attributed.quota_year,
        attributed.municipality_code,
        attributed.assigned_persons,
        coalesce(attributed.received_at_assignment_size, 0) + counts.open_persons + counts.cancelled_persons
            as counted_persons
    from {{ ref('log_years') }} as attributed
    left join {{ ref('quota_year_counts') }} as counts using (quota_year, municipality_code)
),

reached as (
    select
        municipality_code,
        sum(assigned_persons) as reached_persons
    from {{ ref('log_years') }}
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
from {{ ref('int_assigned_events_counted') }} as logged
full join reached using (municipality_code)
where logged.assigned_persons is distinct from reached.reached_persons
