-- R5, R7: what became of cancelled assignments: one row per quota year and area. A displacement is shown where it is
-- the median of at least six, new constellations for the whole country only: fewer could point at a household.
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
from {{ ref('log_cancellations') }}
order by quota_year, area_code
