-- R5, R6, R10, R11: the counts of a quota year by area. One row per quota year and area.
with awaiting as (
    select
        quota_year,
        municipality_code,
        sum(awaiting_persons) as awaiting_persons
    from {{ ref('cancellations') }}
    group by all
)

select
    counts.quota_year,
    areas.area_code,
    sum(counts.kommuntal_persons)::bigint as kommuntal_persons,
    sum(counts.planned_persons)::bigint as planned_persons,
    sum(counts.received_persons)::bigint as received_persons,
    sum(counts.open_persons)::bigint as open_persons,
    sum(counts.cancelled_persons)::bigint as cancelled_persons,
    {{ counted_persons('sum(awaiting.awaiting_persons)', 'count(covered.quota_year) > 0') }} as awaiting_persons,
    sum(counts.unassigned_persons)::bigint as unassigned_persons,
    sum(counts.received_later_persons)::bigint as received_later_persons,
    sum(counts.received_by_replacement_persons)::bigint as received_by_replacement_persons,
    sum(counts.overdue_persons)::bigint as overdue_persons,
    areas.municipalities_in_area - count(counts.kommuntal_persons) as municipalities_missing,
    count(covered.quota_year) > 0 as is_covered_by_log
from {{ ref('quota_year_counts') }} as counts
inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
left join awaiting using (quota_year, municipality_code)
left join {{ ref('years_covered_by_log') }} as covered using (quota_year)
group by counts.quota_year, areas.area_code, areas.municipalities_in_area
