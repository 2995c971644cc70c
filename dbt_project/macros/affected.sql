{#-
What is made of single assignments is brought up to date rather than made anew: rows of assignments that may not be as
they were (int_assignments_affected) are deleted first, and only they are computed. In a warehouse that begins empty
all are computed.
-#}
{%- macro forget_affected() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where assignment_id in (select assignment_id from {{ ref('int_assignments_affected') }})
    {%- endif -%}
{%- endmacro -%}

{%- macro is_affected() -%}
    {#- A unit test has no table to bring up to date: `this` is none. -#}
    {%- if this and is_incremental() -%}
        assignment_id in (select assignment_id from {{ ref('int_assignments_affected') }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro -%}
