{#- Fails with one row for every combination of the grain's columns that occurs more than once. -#}
{#- Only rows whose first column is in `made_anew` are looked at, unless that is empty: then all were made anew. -#}
{% test unique_grain(model, columns, made_anew=none) %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences,
from {{ model }}
where
    {{ made_anew is none }}
    or not exists (from {{ made_anew or model }})
    or {{ columns[0] }} in (select {{ columns[0] }} from {{ made_anew or model }})
group by all
having count(*) > 1
{% endtest %}
