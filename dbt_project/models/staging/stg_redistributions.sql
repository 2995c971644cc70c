-- Redistributions as delivered and settled: one row per agreement.
select
    agreement_id,
    quota_year,
    from_municipality_code,
    to_municipality_code,
    persons,
    requested_date,
    reconciled_date,
    decision,
    decided_date,
    in_force_date,
    {{ is_simulated("file_name") }} as is_simulated,
    file_name,
    row_number
from {{ ref('stg_redistributions_settled') }}
where row_status = 'accepted'
