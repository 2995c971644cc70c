-- Proposals as delivered and settled: one row per proposal, quota year and county.
select
    proposal_id,
    quota_year,
    area_code,
    persons,
    proposed_date,
    {{ is_simulated("file_name") }} as is_simulated,
    file_name,
    row_number
from {{ ref('stg_quota_proposals_settled') }}
where row_status = 'accepted'
