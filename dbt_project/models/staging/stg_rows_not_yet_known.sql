-- Section 3, known-at: rows that fit and were recorded later, and those without a stamp. One row per delivered file;
-- none without a known-at moment, when every row is known.
{%- for feed in ('quota_decisions', 'quota_proposals', 'redistributions', 'change_requests', 'assignment_log') %}
    select
        '{{ feed }}' as feed,
        file_order,
        count(*) filter (where recorded_at > {{ known_at_utc() }}) as not_yet_known,
        count(*) filter (where recorded_at is null) as without_recorded_at
    from {{ source('parsed', feed) }}
    {{ '' if var('known_at_utc') else 'where false' }}
    group by file_order
    {{ 'union all' if not loop.last }}
{%- endfor %}
