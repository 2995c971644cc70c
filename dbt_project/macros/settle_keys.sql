{#- Section 2 of the contract: which of the rows with one key counts. -#}

{#- Rows of a feed that fit, with the name of the file that they stand in. -#}
{%- macro delivered_rows(feed) -%}
    select
        rows.*,
        deliveries.file_name
    from {{ source('parsed', feed) }} as rows
    inner join {{ source('parsed', 'deliveries') }} as deliveries
        on deliveries.feed = '{{ feed }}'
        and rows.file_order = deliveries.file_order
{%- endmacro -%}

{#-
`rows` of a feed, given by a query, with what became of each: one that is equal to an earlier one of its key is a duplicate; of the
different ones the latest is accepted, by `latest_by` (missing = oldest), then by file and row; the others are
superseded, and raw_row holds them as they were understood.
-#}
{%- macro settled_rows(rows, key, columns, latest_by=none) -%}
select
    {{ columns | join(',\n    ') }},
    file_name,
    file_order,
    row_number,
    case
        when copy_number > 1 then 'duplicate'
        when key_rank > 1 then 'superseded'
        else 'accepted'
    end as row_status,
    case
        when row_status = 'superseded'
            then to_json({ {%- for column in columns %}'{{ column }}': {{ column }}{{ ', ' if not loop.last }}{% endfor -%} })::string
    end as raw_row
from (
    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}, copy_number = 1
            order by {{ latest_by ~ ' desc nulls last, ' if latest_by }}file_order desc, row_number desc
        ) as key_rank
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}, row_hash
                order by file_order, row_number
            ) as copy_number
        from ({{ rows }})
    )
)
{%- endmacro -%}
