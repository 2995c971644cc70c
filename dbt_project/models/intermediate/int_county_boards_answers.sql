-- R3: what boards have decided, also where another decision of the day replaced it.
-- One row per decision on kommuntal that exists, and municipality.
select
    municipalities.county_code,
    decisions.quota_year,
    decisions.in_force_date,
    decisions.decided_date
from {{ ref('stg_quota_decisions') }} as decisions
inner join {{ ref('stg_municipalities') }} as municipalities
    on decisions.area_code = municipalities.municipality_code
where decisions.level = 'kommuntal' and {{ has_happened('decisions.decided_date') }}
