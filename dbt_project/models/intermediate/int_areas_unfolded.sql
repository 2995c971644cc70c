-- R10: persons are summed for the whole country ('00', as in official statistics), each county and each municipality.
-- One row per municipality and area that it belongs to.
select
    municipality_code,
    unnest(['country', 'county', 'municipality']) as area_level,
    unnest(['00', county_code, municipality_code]) as area_code,
from {{ ref('stg_municipalities') }}
