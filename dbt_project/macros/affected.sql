{#-
What is made of single assignments is brought up to date rather than made anew: rows of assignments that may not be as
they were (raw.touched_assignments: with all that they replace and that replaces them) are deleted first, and only they
are computed, from a table of their events. In a warehouse that begins empty all are computed, from the log.
-#}
{%- macro forget_affected() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where assignment_id in (select assignment_id from {{ source('raw', 'touched_assignments') }})
    {%- endif -%}
{%- endmacro -%}

{%- macro is_affected(assignment_id='assignment_id') -%}
    {%- if brings_up_to_date() -%}
        {{ assignment_id }} in (select assignment_id from {{ source('raw', 'touched_assignments') }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro -%}

{#- `of_affected` when a table is brought up to date, otherwise `of_all`. -#}
{%- macro looked_at(of_affected, of_all) -%}
    {{ of_affected if brings_up_to_date() else of_all }}
{%- endmacro -%}

{#- A unit test has no table to bring up to date: `this` is none. -#}
{%- macro brings_up_to_date() -%}
    {{ return(this and is_incremental()) }}
{%- endmacro -%}

{#- As above for what is not made of assignments: rows that `relation` no longer has go, and new ones come. -#}
{%- macro forget_gone(relation, key) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where ({{ key }}) not in (select {{ key }} from {{ relation }})
    {%- endif -%}
{%- endmacro -%}

{%- macro is_new(key) -%}
    {%- if brings_up_to_date() -%}
        ({{ key }}) not in (select {{ key }} from {{ this }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro -%}
