-- R5, R8: what the log says of a month: one row per municipality and month of an assignment, a reception or a
-- cancellation.
with dated as (
    select
        municipality_code,
        {{ month_of('assigned_date') }} as plan_month,
        case when quota_year = year(assigned_date) then persons end as assigned_persons,
        case when quota_year = year(assigned_date) and status = 'cancelled' then persons end as cancelled_persons,
        case when quota_year < year(assigned_date) then persons end as prior_year_replacement_persons,
        case when is_replacement then persons end as replacement_persons,
        case when not is_replacement then persons end as first_hand_persons,
        case when not is_replacement and over_plan_approved_date is not null then persons end as approved_persons,
        null::bigint as received_persons,
        null::bigint as cancelled_in_month_persons
    from {{ ref('assignments') }}
    union all
    select
        municipality_code,
        {{ month_of('coalesce(received_date, cancelled_date)') }} as plan_month,
        null::bigint as assigned_persons,
        null::bigint as cancelled_persons,
        null::bigint as prior_year_replacement_persons,
        null::bigint as replacement_persons,
        null::bigint as first_hand_persons,
        null::bigint as approved_persons,
        received_persons,
        case when status = 'cancelled' then persons end as cancelled_in_month_persons
    from {{ ref('assignments') }}
    where status <> 'open'
)

select
    municipality_code,
    plan_month,
    {%- for persons in (
        'assigned', 'cancelled', 'prior_year_replacement', 'replacement', 'first_hand', 'approved', 'received',
        'cancelled_in_month'
    ) %}
    sum({{ persons }}_persons)::bigint as {{ persons }}_persons{{ ',' if not loop.last }}
{%- endfor %}
from dated
group by municipality_code, plan_month
