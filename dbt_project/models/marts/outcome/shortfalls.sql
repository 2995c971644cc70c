-- R1, R5, R6, R10: why a quota year that is over did not reach its kommuntal in time, in parts that add up: one row per
-- quota year and area.
with in_july as (
    select
        quota_year,
        municipality_code,
        kommuntal_persons
    from {{ ref('municipality_quotas') }}
    where make_date(quota_year, 7, 1) between valid_from_date and valid_to_date
),

counted as (
    select
        counts.quota_year,
        counts.municipality_code,
        counts.kommuntal_persons,
        counts.received_persons - counts.received_later_persons as received_in_time_persons,
        counts.received_later_persons + counts.open_persons as late_persons,
        coalesce(cancelled.awaiting_persons, 0) as not_replaced_persons,
        counts.kommuntal_persons - counts.received_persons - counts.open_persons - not_replaced_persons
            as unassigned_persons,
        -- What was decided after 1 July, as far as nobody was assigned to it.
        greatest(0, least(unassigned_persons, counts.kommuntal_persons - coalesce(in_july.kommuntal_persons, 0)))
            as revised_late_persons
    from {{ ref('quota_year_counts') }} as counts
    inner join {{ ref('years_covered_by_log') }} as covered using (quota_year)
    left join in_july using (quota_year, municipality_code)
    left join {{ ref('log_cancellations') }} as cancelled
        on counts.quota_year = cancelled.quota_year and counts.municipality_code = cancelled.area_code
    where counts.kommuntal_persons is not null and {{ has_happened(last_day_of('counts.quota_year')) }}
)

select
    counted.quota_year,
    areas.area_code,
    sum(counted.kommuntal_persons)::bigint as kommuntal_persons,
    sum(counted.received_in_time_persons)::bigint as received_in_time_persons,
    sum(counted.kommuntal_persons - counted.received_in_time_persons)::bigint as shortfall_persons,
    sum(counted.unassigned_persons - counted.revised_late_persons)::bigint as not_assigned_persons,
    sum(counted.revised_late_persons)::bigint as revised_late_persons,
    sum(counted.not_replaced_persons)::bigint as not_replaced_persons,
    sum(counted.late_persons)::bigint as late_persons
from counted
inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
group by counted.quota_year, areas.area_code
order by counted.quota_year, areas.area_code
