-- The government's decisions on länstal as it took them, for the whole country: one row per decision. Real figures.
select
    decision as decision_id,
    quota_year::bigint as quota_year,
    amends as amends_decision_id,
    in_force_date::date as in_force_date,
    national_total_persons::bigint as national_total_persons,
    concat_ws(';', total_source, dates_source) as source,
    note
from {{ source('parsed', 'lanstal_decisions') }}
order by in_force_date, decision_id
