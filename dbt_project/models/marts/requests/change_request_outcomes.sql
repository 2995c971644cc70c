-- R4: one row per change request that had been made at the as-of date: did the plan become what was wished?
select
    request_id,
    case
        when bool_or(decision is null) then 'pending'
        when bool_or(decision = 'declined') then 'declined'
        when bool_and(coalesce(planned_persons = wished_persons, false)) then 'applied'
        else 'partly_applied'
    end as status
from {{ ref('int_wishes_compared') }}
group by request_id
order by request_id
