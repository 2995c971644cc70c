-- One row per county of the official register.
select distinct
    county_code,
    county_name
from {{ ref('stg_municipalities') }}
order by county_code
