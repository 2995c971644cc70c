{#- What DuckDB and Spark say differently, for the models tagged `log`, which run on either (docs/scale.md). -#}
{%- macro on_spark() -%}
{{ 'yes' if target.type == 'spark' }}
{%- endmacro -%}

{#- A row as a JSON object, with its nulls; Spark would write timestamps with all their decimals. -#}
{%- macro json_of(columns) -%}
{%- if on_spark() -%}
    to_json(
        named_struct(
{%- for column in columns %}
            '{{ column }}', {{ column ~ '::string' if column == 'recorded_at' else column }}{{ ',' if not loop.last }}
            {%- endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
    {%- else -%}
to_json({ {%- for column in columns %}'{{ column }}': {{ column }}{{ ', ' if not loop.last }}{% endfor -%} })::string
{%- endif -%}
{%- endmacro -%}

{#- A row for each part of a text. -#}
{%- macro parts_of(text, separator) -%}
{%- if on_spark() -%}
    explode(split({{ text }}, '{{ separator }}'))
    {%- else -%}
unnest(string_split({{ text }}, '{{ separator }}'))
{%- endif -%}
{%- endmacro -%}

{#- The order of a mart that the log makes long; on Spark, where it would cost a sort over all machines, none. -#}
{%- macro ordered_by(columns) -%}
{%- if not on_spark() -%} order by {{ columns }} {%- endif -%}
{%- endmacro -%}

{#- Where Spark puts a table: its files outlive its catalogue, which ends with the build. -#}
{%- macro spark__location_clause() -%}
location '{{ var("log_folder") }}/{{ model.schema }}/{{ model.alias }}'
{%- endmacro -%}
