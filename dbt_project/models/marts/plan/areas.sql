-- One row per area that persons are summed for: the country ('00'), each county, each municipality.
select
    '00' as area_code,
    'Sverige' as area_name,
    'country' as area_level
union all
select
    county_code as area_code,
    county_name as area_name,
    'county' as area_level
from {{ ref('counties') }}
union all
select
    municipality_code as area_code,
    municipality_name as area_name,
    'municipality' as area_level
from {{ ref('municipalities') }}
order by area_code
