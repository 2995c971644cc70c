-- R4: how far assignments followed the plan, through the last month that had ended at the as-of date.
-- One row per quota year and area; the country, its counties and its municipalities.
select
    deviations.quota_year,
    areas.area_code,
    areas.area_level,
    max(deviations.plan_month) filter (where {{ has_ended('deviations.plan_month') }}) as to_date_month,
    sum(deviations.planned_persons) filter (where {{ has_ended('deviations.plan_month') }})
        as planned_to_date_persons,
    sum(deviations.net_assigned_persons) filter (where {{ has_ended('deviations.plan_month') }})
        as net_assigned_to_date_persons,
    sum(deviations.assigned_persons) as assigned_persons,
    sum(deviations.prior_year_replacement_persons) as prior_year_replacement_persons
from {{ ref('plan_deviations') }} as deviations
inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
group by all
