-- Section 2, keys: one row per delivered row that fits and is not accepted, but for duplicates in the log.
{{ config(materialized='ephemeral') }}
{%- for feed in ('quota_decisions', 'quota_proposals', 'redistributions', 'change_requests', 'assignment_log') %}
    select
        '{{ feed }}' as feed,
        file_name,
        row_number,
        row_status,
        raw_row
    from {{ ref('stg_' ~ feed ~ ('_superseded' if feed == 'assignment_log' else '_settled')) }}
    where row_status <> 'accepted'
    {{ 'union all' if not loop.last }}
{%- endfor %}
