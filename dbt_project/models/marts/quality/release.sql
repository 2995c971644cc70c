-- What this release is, in one row.
select
    '{{ var("build_id") }}' as build_id,
    {{ as_of_date() }} as as_of_date,
    {{ "timestamp '" ~ var("known_at") ~ "'" if var("known_at") else "null::timestamp" }} as known_at,
    '{{ var("code_version") }}' as code_version,
    '2' as contract_version,
    coalesce(bool_or(rows_accepted > 0 and {{ is_simulated('file_name') }}), false) as is_simulated,
    (select max(latest_date) from {{ ref('feed_deliveries') }}) as landed_until_date
from {{ ref('landed_files') }}
