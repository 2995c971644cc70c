-- What everyone sees once: figures as they stood on the first public day that had them. One row per figure, area, month
-- or year, and word. Later editions repeat them and add what has ended since; nothing is ever corrected here.
select
    figure,
    area_level,
    area_code,
    quota_year,
    plan_month,
    word,
    persons,
    is_withheld,
    first_public_day
from {{ source('parsed', 'first_published_figures') }}
union all
select
    figure,
    area_level,
    area_code,
    quota_year,
    plan_month,
    word,
    case when not is_withheld then persons end as persons,
    is_withheld,
    {{ as_of_date() }} as first_public_day
from {{ ref('figures_judged') }}
order by figure, area_level, area_code, quota_year, plan_month, word
