{#- Fails with one row for every combination of the grain's columns that occurs more than once. -#}
{#- Only rows whose first column is in `made_anew` are looked at, unless that is empty: then all were made anew. -#}
{% test unique_grain(model, columns, made_anew=none) %}
{%- set listed = columns[0] ~ " in (select " ~ columns[0] ~ " from " ~ made_anew ~ ")" %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences,
from {{ model }}
where {{ "true" if made_anew is none else "not exists (from " ~ made_anew ~ ") or " ~ listed }}
group by all
having count(*) > 1
{% endtest %}
