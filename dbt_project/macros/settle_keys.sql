{#- Section 2 of the contract: which of the rows with one key counts. -#}

{#- Rows of a feed that fit and were known at the known-at moment, with the name of the file that they stand in. -#}
{%- macro delivered_rows(feed) -%}
    select
        rows.*,
        deliveries.file_name
    from {{ source('parsed', feed) }} as rows
    inner join {{ source('parsed', 'deliveries') }} as deliveries
        on deliveries.feed = '{{ feed }}'
        and rows.file_order = deliveries.file_order
    {%- if var('known_at_utc') %}
    where rows.recorded_at is null or rows.recorded_at <= {{ known_at_utc() }}
    {%- endif %}
{%- endmacro -%}

{#-
`rows` of a feed, given by a query, with what became of each. The winner of a key is what its last row says, by
`latest_by` (missing = oldest), then by file and row. The first row equal to the winner is accepted, every other row
equal to an earlier one of its key is a duplicate, the rest is superseded: what is corrected and corrected back is as it
was. raw_row holds a row as it was understood.
-#}
{%- macro settled_rows(rows, key, columns, latest_by=none) -%}
select
    {{ columns | join(',\n    ') }},
    file_name,
    file_order,
    row_number,
    case
        when copy_number > 1 then 'duplicate'
        when row_hash = winning_hash then 'accepted'
        else 'superseded'
    end as row_status,
    {{ json_of(columns) }} as raw_row
from (
    select
        *,
        first_value(row_hash) over (
            partition by {{ key | join(', ') }}
            order by {{ latest_by ~ ' desc nulls last, ' if latest_by }}file_order desc, row_number desc
        ) as winning_hash,
        row_number() over (
            partition by {{ key | join(', ') }}, row_hash
            order by file_order, row_number
        ) as copy_number
    from ({{ rows }})
)
{%- endmacro -%}

{#- How many rows of each file were recorded after the known-at moment, and how many do not say when. -#}
{%- macro rows_not_yet_known(feed) -%}
    select
        '{{ feed }}' as feed,
        file_order,
        count(*) filter (where recorded_at > {{ known_at_utc() }}) as not_yet_known,
        count(*) filter (where recorded_at is null) as without_recorded_at
    from {{ source('parsed', feed) }}
    {{ '' if var('known_at_utc') else 'where false' }}
    group by file_order
{%- endmacro -%}
