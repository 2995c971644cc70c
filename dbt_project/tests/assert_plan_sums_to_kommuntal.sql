-- Fails for a version of a plan whose months do not sum to the kommuntal at its effect date, except where what was
-- already planned in the months before it exceeds kommuntal (R4). Where R4 leaves no month there is no version.
-- It would catch a division that loses or invents persons by rounding, and a wish that pushes the sum away.
{{ config(meta={'check': 'plan_sums_to_kommuntal', 'dagster': {'ref': {'name': 'monthly_plan_versions'}}}) }}
-- Nothing is made of this leaf, so that a failure skips no model: a blocked build is built to its end.
-- depends_on: {{ ref('rejected_row_counts') }}
select
    municipality_code,
    quota_year,
    version_number,
    any_value(kommuntal_persons) as kommuntal_persons,
    sum(planned_persons) as planned_persons
from {{ ref('monthly_plan_versions') }}
group by municipality_code, quota_year, version_number
having
    sum(planned_persons) <> greatest(
        any_value(kommuntal_persons),
        coalesce(sum(planned_persons) filter (where plan_month < first_changed_month), 0)
    )
