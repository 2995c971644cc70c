-- R10: persons are summed for the whole country ('00', as in official statistics), each county and each municipality.
-- One row per municipality and area that it belongs to.
with areas as (
    select
        municipality_code,
        unnest(['country', 'county', 'municipality']) as area_level,
        unnest(['00', county_code, municipality_code]) as area_code
    from {{ ref('stg_municipalities') }}
)

select
    municipality_code,
    area_level,
    area_code,
    count(*) over (partition by area_code) as municipalities_in_area
from areas
