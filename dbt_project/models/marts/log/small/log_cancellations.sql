-- R5, R7: what became of cancelled assignments, counted: one row per quota year and area.
select
    cancellations.quota_year,
    areas.area_code,
    areas.area_level,
    sum(cancellations.persons)::bigint as cancelled_persons,
    sum(cancellations.replacement_persons)::bigint as replacement_persons,
    sum(cancellations.awaiting_persons)::bigint as awaiting_persons,
    coalesce(sum(cancellations.persons) filter (where cancellations.crosses_year), 0)::bigint as crosses_year_persons,
    count(cancellations.displacement_days) as replaced_assignments,
    median(cancellations.displacement_days) as median_displacement_days,
    coalesce(sum(cancellations.persons) filter (where cancellations.is_new_constellation), 0)::bigint
        as new_constellation_persons
from {{ ref('cancellations') }} as cancellations
inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
group by cancellations.quota_year, areas.area_code, areas.area_level
