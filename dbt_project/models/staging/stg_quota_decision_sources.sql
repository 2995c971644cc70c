-- Where real figures come from: one row per decision and area.
select
    decision_id,
    level,
    quota_year::bigint as quota_year,
    area_code,
    basis,
    source
from {{ source('parsed', 'quota_decision_sources') }}
