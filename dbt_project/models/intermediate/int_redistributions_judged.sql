-- R2: valid when both municipalities lie in one county, differ, and both have a kommuntal decision in force. An
-- undecided one is judged as if it took effect now; the obstacle tells why it could not be applied.
with redistributions as (
    select
        *,
        coalesce(in_force_date, {{ now_in('quota_year') }}) as judged_date
    from {{ ref('int_redistributions_as_of') }}
),

municipalities as (
    select * from {{ ref('stg_municipalities') }}
),

first_decisions as (
    select
        quota_year,
        area_code as municipality_code,
        min(valid_from_date) as first_in_force_date
    from {{ ref('int_quota_decisions_taken_in_force') }}
    where level = 'kommuntal'
    group by all
),

validated as (
    select
        redistributions.*,
        case
            when from_municipalities.county_code <> to_municipalities.county_code then 'different_counties'
            when redistributions.from_municipality_code = redistributions.to_municipality_code then 'same_municipality'
            when
                from_decisions.first_in_force_date <= redistributions.judged_date
                and to_decisions.first_in_force_date <= redistributions.judged_date
                then null
            else 'no_kommuntal'
        end as obstacle
    from redistributions
    inner join municipalities as from_municipalities
        on redistributions.from_municipality_code = from_municipalities.municipality_code
    inner join municipalities as to_municipalities
        on redistributions.to_municipality_code = to_municipalities.municipality_code
    left join first_decisions as from_decisions
        on redistributions.from_municipality_code = from_decisions.municipality_code
        and redistributions.quota_year = from_decisions.quota_year
    left join first_decisions as to_decisions
        on redistributions.to_municipality_code = to_decisions.municipality_code
        and redistributions.quota_year = to_decisions.quota_year
)

select
    agreement_id,
    quota_year,
    from_municipality_code,
    to_municipality_code,
    persons,
    requested_date,
    reconciled_date,
    decision,
    decided_date,
    in_force_date,
    case
        when decision is null then 'pending'
        when decision = 'rejected' then 'rejected'
        when obstacle is null then 'applied'
        else 'invalid'
    end as status,
    obstacle,
    case when decision = 'approved' then obstacle end as invalid_reason,
    coalesce(reconciled_date <= decided_date, false) as is_reconciled,
    is_simulated
from validated
