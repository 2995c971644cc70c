-- A quota year in one row per area: the country ('00'), each county, each municipality; also without kommuntal where
-- a länstal is known.
with lanstal as (
    select * from {{ ref('county_quotas') }}
    where is_current
),

lanstal_by_area as (
    select
        quota_year,
        county_code as area_code,
        lanstal_persons,
        (lanstal_persons is null)::bigint as counties_missing
    from lanstal
    union all
    select
        quota_year,
        '00' as area_code,
        sum(lanstal_persons)::bigint as lanstal_persons,
        (select count(*) from {{ ref('counties') }}) - count(lanstal_persons) as counties_missing
    from lanstal
    group by quota_year
)

select
    counted.quota_year,
    counted.area_code,
    counted.area_level,
    lanstal_by_area.lanstal_persons,
    lanstal_by_area.counties_missing,
    counted.kommuntal_persons,
    counted.municipalities_missing,
    counted.planned_persons,
    followed.to_date_month,
    coalesce(followed.planned_to_date_persons, 0)::bigint as planned_to_date_persons,
    {{ counted_persons('followed.net_assigned_to_date_persons', 'counted.is_covered_by_log') }}
        as net_assigned_to_date_persons,
    (followed.net_assigned_to_date_persons - followed.planned_to_date_persons)::bigint as deviation_to_date_persons,
    {{ plan_status(
        'counted.kommuntal_persons', 'followed.planned_to_date_persons', 'followed.net_assigned_to_date_persons',
        'counted.is_covered_by_log'
    ) }} as plan_status,
    {{ counted_persons('followed.assigned_persons', 'counted.is_covered_by_log') }} as assigned_persons,
    counted.received_persons,
    counted.open_persons,
    counted.cancelled_persons,
    counted.awaiting_persons,
    counted.overdue_persons,
    counted.unassigned_persons,
    (counted.kommuntal_persons - counted.received_persons - counted.open_persons - counted.awaiting_persons)::bigint
        as to_assign_persons,
    (to_assign_persons - (counted.planned_persons - coalesce(followed.planned_to_date_persons, 0)))::bigint
        as behind_plan_persons,
    counted.received_later_persons,
    counted.received_by_replacement_persons,
    {{ counted_persons('followed.prior_year_replacement_persons', 'counted.is_covered_by_log') }}
        as prior_year_replacement_persons,
    round(100.0 * counted.received_persons / nullif(counted.kommuntal_persons, 0), 1)::double as fulfilment_percent,
    round(100.0 * deviation_to_date_persons / nullif(counted.kommuntal_persons, 0), 1)::double
        as deviation_to_date_percent,
    round(100.0 * counted.open_persons / nullif(counted.kommuntal_persons, 0), 1)::double as open_percent,
    counted.is_covered_by_log
from {{ ref('area_years_counted') }} as counted
left join {{ ref('area_plans_followed_to_date') }} as followed using (quota_year, area_code)
left join lanstal_by_area using (quota_year, area_code)
order by counted.quota_year, counted.area_code
