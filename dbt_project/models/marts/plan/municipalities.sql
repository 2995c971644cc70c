-- One row per municipality of the official register.
select
    municipality_code,
    municipality_name,
    county_code
from {{ ref('stg_municipalities') }}
order by municipality_code
