-- Decisions as delivered and settled: one row per decision, quota year and area.
select
    decision_id,
    level,
    quota_year,
    area_code,
    persons,
    decided_date,
    in_force_date,
    {{ is_simulated("file_name") }} as is_simulated,
    file_name,
    row_number
from {{ ref('stg_quota_decisions_settled') }}
where row_status = 'accepted'
