{#- Whether what ended on a day becomes public with this edition: it has ended, and no edition before showed it. -#}
{%- macro is_newly_public(last_day) -%}
    {{ has_happened(last_day) }}
    {%- if var('previous_public_day') %} and {{ last_day }} > date '{{ var("previous_public_day") }}'{% endif %}
{%- endmacro -%}
