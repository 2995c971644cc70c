-- All who were received in a municipality, on assignment or not: one row per year and area. Real figures.
{%- set categories = [
    'quota_refugee', 'accommodation_centre', 'own_housing', 'other', 'relatives', 'total', 'of_which_unaccompanied_minors'
] %}
select
    received.reception_year::bigint as reception_year,
    areas.area_code,
    {%- for category in categories %}
        sum(received.{{ category }}_persons::bigint)::bigint as {{ category }}_persons,
    {%- endfor %}
    any_value(received.source) as source
from {{ source('parsed', 'received_by_category_2018') }} as received
inner join {{ ref('int_municipalities_by_area') }} as areas using (municipality_code)
group by received.reception_year, areas.area_code
order by reception_year, areas.area_code
