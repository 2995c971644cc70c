-- Plan beside outcome for everyone, of a whole quota year as known on the public day: one row per year and area.
select
    quota_year,
    area_code,
    area_level,
    lanstal_persons,
    counties_missing,
    kommuntal_persons,
    municipalities_missing,
    planned_persons,
    to_date_month,
    planned_to_date_persons,
    net_assigned_to_date_persons,
    deviation_to_date_persons,
    plan_status,
    received_persons,
    fulfilment_percent,
    deviation_to_date_percent,
    is_covered_by_log
from {{ ref('area_year_summaries') }}
-- An area without länstal, kommuntal and persons would only be there since something had happened and was undone.
where
    area_code = '00'
    or lanstal_persons is not null
    or kommuntal_persons is not null
    or planned_persons <> 0
    or net_assigned_to_date_persons <> 0
    or received_persons <> 0
order by quota_year, area_code
