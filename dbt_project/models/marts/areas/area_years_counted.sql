-- R5, R6, R10, R11: the counts of a quota year by area. One row per quota year and area with a quota or an assignment.
with area_years as (
    select
        counts.quota_year,
        areas.area_code
    from {{ ref('quota_year_counts') }} as counts
    inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
    union
    select
        quota_year,
        unnest(['00', county_code]) as area_code
    from {{ ref('county_quotas') }}
)

select
    area_years.quota_year,
    area_years.area_code,
    any_value(areas.area_level) as area_level,
    sum(counts.kommuntal_persons)::bigint as kommuntal_persons,
    coalesce(sum(counts.planned_persons), 0)::bigint as planned_persons,
    {%- for persons, counted in (
        ('received', 'sum(counts.received_persons)'),
        ('open', 'sum(counts.open_persons)'),
        ('cancelled', 'sum(counts.cancelled_persons)'),
        ('awaiting', 'any_value(awaiting.awaiting_persons)'),
        ('overdue', 'sum(counts.overdue_persons)')
    ) %}
        {{ counted_persons(counted, 'count(covered.quota_year) > 0') }} as {{ persons }}_persons,
    {%- endfor %}
    sum(counts.unassigned_persons)::bigint as unassigned_persons,
    sum(counts.received_later_persons)::bigint as received_later_persons,
    sum(counts.received_by_replacement_persons)::bigint as received_by_replacement_persons,
    count(*) - count(counts.kommuntal_persons) as municipalities_missing,
    count(covered.quota_year) > 0 as is_covered_by_log
from area_years
inner join {{ ref('int_municipalities_by_area') }} as areas using (area_code)
left join {{ ref('quota_year_counts') }} as counts using (quota_year, municipality_code)
left join {{ ref('log_cancellations') }} as awaiting using (quota_year, area_code)
left join {{ ref('years_covered_by_log') }} as covered using (quota_year)
group by area_years.quota_year, area_years.area_code
