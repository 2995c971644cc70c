-- A decision exists from its decided_date (contract, section 3).
select
    decision_id,
    level::varchar as level,
    quota_year,
    area_code::varchar as area_code,
    persons,
    decided_date,
    in_force_date,
    {{ is_simulated("file_name") }} as is_simulated,
from {{ source('raw', 'quota_decisions') }}
where decided_date <= {{ as_of_date() }}
