select
    municipality_code,
    municipality_name,
    county_code,
    county_name,
from {{ source('raw', 'municipalities') }}
