-- R5, R6: what the quota years under way will come to, in time and finally: one row per quota year and area.
select
    quota_year,
    area_code,
    area_level,
    kommuntal_persons,
    received_persons,
    open_persons,
    to_assign_persons,
    in_time_expected_persons,
    in_time_low_persons,
    in_time_high_persons,
    in_time_deviation_persons,
    in_time_by_share_persons,
    in_time_by_rest_persons,
    finally_expected_persons,
    finally_low_persons,
    finally_high_persons,
    finally_deviation_persons,
    finally_by_share_persons,
    finally_by_rest_persons,
    reaching_probability,
    years_learnt_from
from {{ ref('areas_forecast') }}
order by quota_year, area_code
