select
    decision_id,
    level,
    quota_year::bigint as quota_year,
    area_code,
    basis,
    source,
from {{ source('raw', 'quota_decision_sources') }}
