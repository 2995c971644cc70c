{#-
A table stands at once where it belongs: nobody reads the warehouse before it is released, and what fails is rolled back.
dbt-duckdb's own ways take longer: a table beside it, two renames and a drop, half a second of a build; or rows put into
a table beside it, and its columns compared with those that there are.
-#}
{% materialization table, adapter='duckdb' %}
    {{ return(stands_as_whole_table()) }}
{% endmaterialization %}

{#- New rows are put in where the table stands: the same program made it, so its columns are those of the query. -#}
{% materialization incremental, adapter='duckdb' %}
    {%- if not is_incremental() -%}
        {{ return(stands_as_whole_table()) }}
    {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        insert into {{ this }} by name {{ compiled_code }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ return({'relations': [this]}) }}
{% endmaterialization %}

{%- macro stands_as_whole_table() -%}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{- create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{%- endmacro -%}
