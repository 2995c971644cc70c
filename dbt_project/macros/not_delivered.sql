{#- R11: persons counted in the log: null instead of 0 in a quota year that the log does not cover. -#}
{%- macro counted_persons(persons, is_covered='covered.quota_year is not null') -%}
    (case when {{ is_covered }} then coalesce({{ persons }}, 0) else nullif({{ persons }}, 0) end)::bigint
{%- endmacro -%}
