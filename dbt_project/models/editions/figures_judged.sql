-- Figures that become public with this edition, and which are withheld: one row per figure, area, month or year, and
-- word.
with gathered as (
    select
        figure,
        area_level,
        area_code,
        quota_year,
        plan_month,
        null::string as word,
        figure as together,
        persons
    from {{ ref('month_figures') }}
    where {{ is_newly_public('last_day(plan_month)') }}
    union all
    select
        figure,
        area_level,
        area_code,
        quota_year,
        null as plan_month,
        word,
        together,
        persons
    from {{ ref('closed_year_figures') }}
    where {{ is_newly_public(last_day_of('quota_year')) }}
),

-- A figure of 1 to 5 persons could be one household. Its whole level is withheld, so that no sum gives it away: what
-- counties hide is given for the country, what the country hides is not given. The two series of municipalities stand.
-- Where of several words, or parts of what is over plan, one alone has persons, it would be told of every household.
seen_with_others as (
    select
        *,
        persons between 1 and 5 as is_small,
        (word is not null or together = 'over_plan')
        and count(*) filter (where persons > 0) over (partition by together, area_code, quota_year, plan_month) = 1
            as is_of_all
    from gathered
),

judged_alone as (
    select
        *,
        area_level <> 'municipality'
        and bool_or(is_small or is_of_all) over (partition by together, area_level, quota_year, plan_month)
            as is_withheld_alone
    from seen_with_others
),

-- The cancelled of a year are the sum of its months and of the reasons, and all assigned less the net that everyone
-- sees: where a month is withheld, or the year itself, what it could be reckoned from is withheld too.
months_withheld as (
    select year(plan_month) as quota_year
    from judged_alone
    where figure = 'cancelled_in_month' and is_withheld_alone
    union
    select year(plan_month) as quota_year
    from {{ source('parsed', 'first_published_figures') }}
    where figure = 'cancelled_in_month' and is_withheld
),

years_withheld as (
    select quota_year
    from judged_alone
    where figure = 'cancelled' and area_level = 'country' and is_withheld_alone
)

select
    figure,
    area_level,
    area_code,
    quota_year,
    plan_month,
    word,
    persons,
    is_withheld_alone
    or (
        figure in ('cancelled', 'cancelled_by_reason', 'assigned_by_category')
        and quota_year in (select quota_year from months_withheld)
    )
    or (
        figure = 'assigned_by_category'
        and quota_year in (select quota_year from years_withheld)
    ) as is_withheld
from judged_alone
