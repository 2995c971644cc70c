-- R10: persons are summed for the whole country ('00', as in official statistics), each county and each municipality.
-- One row per municipality and area that it belongs to.
select
    municipality_code,
    'country' as area_level,
    '00' as area_code
from {{ ref('stg_municipalities') }}
union all
select
    municipality_code,
    'county' as area_level,
    county_code as area_code
from {{ ref('stg_municipalities') }}
union all
select
    municipality_code,
    'municipality' as area_level,
    municipality_code as area_code
from {{ ref('stg_municipalities') }}
