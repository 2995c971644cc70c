-- R10: persons are summed for the whole country ('00', as in official statistics), each county and each municipality.
-- One row per municipality and area that it belongs to.
with areas as (
    {%- for level, code in (('country', "'00'"), ('county', 'county_code'), ('municipality', 'municipality_code')) %}
        select
            municipality_code,
            '{{ level }}' as area_level,
            {{ code }} as area_code
        from {{ ref('stg_municipalities') }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    municipality_code,
    area_level,
    area_code,
    count(*) over (partition by area_code) as municipalities_in_area
from areas
