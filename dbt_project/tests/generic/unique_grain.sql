{#- Fails with one row for every combination of the grain's columns that occurs more than once. -#}
{% test unique_grain(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences,
from {{ model }}
group by all
having count(*) > 1
{% endtest %}
