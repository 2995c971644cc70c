-- R5, R7: what became of cancelled assignments: one row per quota year and area. A displacement is shown where it is
-- the median of at least six, new constellations for the whole country only: fewer could point at a household.
with counted as (
    select
        cancellations.quota_year,
        areas.area_code,
        areas.area_level,
        sum(cancellations.persons)::bigint as cancelled_persons,
        sum(cancellations.replacement_persons)::bigint as replacement_persons,
        sum(cancellations.awaiting_persons)::bigint as awaiting_persons,
        coalesce(sum(cancellations.persons) filter (where cancellations.crosses_year), 0)::bigint
            as crosses_year_persons,
        count(cancellations.displacement_days) as replaced_assignments,
        median(cancellations.displacement_days) as median_displacement_days,
        coalesce(sum(cancellations.persons) filter (where cancellations.is_new_constellation), 0)::bigint
            as new_constellation_persons
    from {{ ref('cancellations') }} as cancellations
    inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
    group by all
)

select
    quota_year,
    area_code,
    cancelled_persons,
    replacement_persons,
    awaiting_persons,
    crosses_year_persons,
    case when replaced_assignments >= 6 then round(median_displacement_days)::bigint end as median_displacement_days,
    case
        when area_level = 'country' and new_constellation_persons not between 1 and 5 then new_constellation_persons
    end as new_constellation_persons
from counted
order by quota_year, area_code
