-- What Migrationsverket proposed as länstal beside what was first decided after it.
-- One row per proposal, quota year and county.
with decisions as (
    select * from {{ ref('stg_quota_decisions') }}
    where level = 'lanstal' and {{ has_happened('decided_date') }}
)

select
    proposals.proposal_id,
    proposals.quota_year,
    proposals.area_code as county_code,
    proposals.persons as proposed_persons,
    proposals.proposed_date,
    decisions.persons as first_decided_persons,
    decisions.decided_date as first_decided_date,
    decisions.persons - proposals.persons as difference_persons
from {{ ref('stg_quota_proposals') }} as proposals
left join decisions
    on proposals.quota_year = decisions.quota_year
    and proposals.area_code = decisions.area_code
    and proposals.proposed_date <= decisions.decided_date
where {{ has_happened('proposals.proposed_date') }}
qualify
    row_number() over (
        partition by proposals.proposal_id, proposals.quota_year, proposals.area_code
        order by decisions.decided_date, decisions.in_force_date, decisions.decision_id
    ) = 1
order by proposals.proposal_id, proposals.quota_year, proposals.area_code
