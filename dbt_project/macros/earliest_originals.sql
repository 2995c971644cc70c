{#-
R5: of every replacement the earliest assignment that it goes back to through valid links, any number of them. Every
original comes before what replaces it, so that of all that a replacement goes back to the earliest is a root.
-#}
{%- macro earliest_originals(links) -%}
    {{ earliest_originals_by_rounds(links) if on_spark() else earliest_originals_by_recursion(links) }}
{%- endmacro -%}

{%- macro earliest_originals_by_recursion(links) -%}
with recursive links as (
    select
        assignment_id,
        original_assignment_id,
        original_assigned_date
    from {{ links }}
    where issue is null
),

traces as (
    select * from links

    union

    select
        traces.assignment_id,
        links.original_assignment_id,
        links.original_assigned_date
    from traces
    inner join links on traces.original_assignment_id = links.assignment_id
)

select
    assignment_id,
    min(original_assigned_date) as original_assigned_date,
    min_by(original_assignment_id, (original_assigned_date, original_assignment_id)) as original_assignment_id
from traces
group by assignment_id

{%- endmacro -%}

{#-
Spark's own recursion ends in a stack overflow some hundred replacements deep. Instead every replacement keeps the
earliest assignment that it is known to go back to, and in each round takes over what its originals, and that one, have
found, until nothing changes: the rounds grow with the logarithm of the depth.
-#}
{%- macro earliest_originals_by_rounds(links) -%}
    {%- set runs = execute and flags.WHICH in ('run', 'build') -%}
    {%- set known = namespace(table=links, changed=runs) -%}
    {%- if runs -%}
    {%- set known.table = table_of_round(0,
        'select assignment_id, min((original_assigned_date, original_assignment_id)) as earliest'
        ~ ' from ' ~ links ~ ' where issue is null group by assignment_id'
    ) -%}
    {%- endif -%}
    {%- for number in range(1, 64) if known.changed -%}
        {%- set before = known.table -%}
    {%- set known.table = table_of_round(number,
        'select assignment_id, min(earliest) as earliest from ('
        ~ ' select assignment_id, earliest from ' ~ before
        ~ ' union all select links.assignment_id, originals.earliest from ' ~ links ~ ' as links'
        ~ ' inner join ' ~ before ~ ' as originals on links.original_assignment_id = originals.assignment_id'
        ~ ' where links.issue is null'
        ~ ' union all select later.assignment_id, earlier.earliest from ' ~ before ~ ' as later'
        ~ ' inner join ' ~ before ~ ' as earlier on later.earliest.original_assignment_id = earlier.assignment_id'
        ~ ') as found group by assignment_id'
    ) -%}
    {%- set known.changed = run_query(
        'select count(*) from ' ~ known.table ~ ' as now inner join ' ~ before ~ ' as earlier using (assignment_id)'
        ~ ' where now.earliest <> earlier.earliest'
    ).columns[0].values()[0] > 0 -%}
    {%- endfor -%}
select
    assignment_id,
    earliest.original_assigned_date,
    earliest.original_assignment_id
from {{ known.table }}
{%- endmacro -%}

{#- A table of one round, beside those of the models; its name. -#}
{%- macro table_of_round(number, query) -%}
    {%- set name = this ~ '_round_' ~ number -%}
    {%- do run_query(
        'create table ' ~ name ~ " using parquet location '" ~ var('log_folder') ~ '/rounds/' ~ number ~ "' as " ~ query
    ) -%}
    {{- return(name) -}}
{%- endmacro -%}
