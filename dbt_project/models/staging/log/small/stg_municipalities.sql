-- The official register: one row per municipality.
select
    municipality_code,
    municipality_name,
    county_code,
    county_name
from {{ source('parsed', 'municipalities') }}
