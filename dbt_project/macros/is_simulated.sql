{#- A delivered file that says "simulated" in its name holds simulated figures (data/README.md). -#}
{%- macro is_simulated(file_name) -%}
    contains(lower({{ file_name }}), 'simulated')
{%- endmacro -%}
