-- R7: when open assignments are to be received: one row per quota year, area and month of the reception deadline.
select
    assignments.quota_year,
    areas.area_code,
    {{ month_of('assignments.reception_deadline_date') }} as deadline_month,
    sum(assignments.persons)::bigint as open_persons,
    coalesce(sum(assignments.persons) filter (where assignments.is_overdue), 0)::bigint as overdue_persons
from {{ ref('assignments') }} as assignments
inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
where assignments.status = 'open'
group by assignments.quota_year, areas.area_code, deadline_month
