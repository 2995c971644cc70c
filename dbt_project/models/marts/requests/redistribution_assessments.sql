-- R2, R3: what an officer needs to reconcile a redistribution: one row per undecided one.
with undecided as (
    select
        *,
        case
            when obstacle is not null then obstacle
            when year({{ as_of_date() }}) > quota_year then 'quota_year_over'
        end as told_obstacle
    from {{ ref('int_redistributions_judged') }}
    where decision is null
),

sums as (
    select
        request_id,
        municipality_code,
        sum(planned_if_granted_persons) as planned_if_granted_persons,
        count(*) filter (where can_change and is_overfull_if_granted) as overfull_months
    from {{ ref('assessed_plan_months') }}
    where request_kind = 'redistribution'
    group by all
)

select
    undecided.agreement_id,
    undecided.quota_year,
    undecided.from_municipality_code,
    undecided.to_municipality_code,
    undecided.persons,
    undecided.requested_date,
    {{ as_of_date() }} - undecided.requested_date as waiting_days,
    undecided.reconciled_date,
    undecided.told_obstacle as obstacle,
    givers.kommuntal_persons as from_kommuntal_persons,
    givers.received_persons + givers.open_persons as from_used_persons,
    round(100 * from_used_persons / nullif(givers.kommuntal_persons, 0), 1)::double as from_used_percent,
    givers.unassigned_persons - undecided.persons as from_unassigned_if_granted_persons,
    takers.kommuntal_persons as to_kommuntal_persons,
    from_sums.planned_if_granted_persons = givers.kommuntal_persons - undecided.persons
    and to_sums.planned_if_granted_persons = takers.kommuntal_persons + undecided.persons as sums_to_kommuntal,
    coalesce(from_sums.overfull_months, 0) as overfull_months,
    margins.county_margin_persons,
    margins.county_margin_persons >= 0 as county_stays_at_lanstal,
    undecided.is_simulated
from undecided
inner join {{ ref('municipalities') }} as municipalities
    on undecided.from_municipality_code = municipalities.municipality_code
left join {{ ref('quota_year_counts') }} as givers
    on undecided.from_municipality_code = givers.municipality_code
    and undecided.quota_year = givers.quota_year
left join {{ ref('quota_year_counts') }} as takers
    on undecided.to_municipality_code = takers.municipality_code
    and undecided.quota_year = takers.quota_year
left join sums as from_sums
    on undecided.agreement_id = from_sums.request_id
    and undecided.from_municipality_code = from_sums.municipality_code
left join sums as to_sums
    on undecided.agreement_id = to_sums.request_id
    and undecided.to_municipality_code = to_sums.municipality_code
left join {{ ref('int_county_margins_ahead') }} as margins
    on municipalities.county_code = margins.county_code
    and undecided.quota_year = margins.quota_year
order by undecided.agreement_id
