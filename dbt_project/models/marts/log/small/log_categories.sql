-- One row per quota year and category: persons assigned.
select
    quota_year,
    category,
    sum(persons)::bigint as assigned_persons
from {{ ref('assignments') }}
group by quota_year, category
