-- A request exists from its requested_date, its decision from its decided_date; before that it is pending.
select
    agreement_id,
    quota_year,
    from_municipality_code::varchar as from_municipality_code,
    to_municipality_code::varchar as to_municipality_code,
    persons,
    requested_date,
    case when reconciled_date <= {{ as_of_date() }} then reconciled_date end as reconciled_date,
    case when decided_date <= {{ as_of_date() }} then decision::varchar end as decision,
    case when decision is not null and decided_date <= {{ as_of_date() }} then decided_date end as decided_date,
    case when decision is not null and decided_date <= {{ as_of_date() }} then in_force_date end as in_force_date,
    {{ is_simulated("file_name") }} as is_simulated,
from {{ source('raw', 'redistributions') }}
where requested_date <= {{ as_of_date() }}
