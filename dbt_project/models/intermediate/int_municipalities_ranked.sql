-- R4: r is a municipality's rank (0, 1, …) by code among its county's n municipalities in the official register.
select
    municipality_code,
    municipality_name,
    county_code,
    county_name,
    row_number() over (partition by county_code order by municipality_code) - 1 as municipality_rank,
    count(*) over (partition by county_code) as municipalities_in_county
from {{ ref('stg_municipalities') }}
