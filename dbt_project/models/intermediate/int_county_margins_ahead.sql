-- R3: by how many persons a county's kommuntal exceeds its länstal where that is least, now or later in the year.
-- One row per county and quota year with both.
select
    county_code,
    quota_year,
    min(margin_persons) as county_margin_persons
from {{ ref('int_county_totals_compared') }}
where valid_to_date >= {{ now_in('quota_year') }}
group by all
having county_margin_persons is not null
