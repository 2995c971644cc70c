-- Section 3, known-at: rows that fit and were recorded later, and those without a stamp. One row per delivered file;
-- none without a known-at moment, when every row is known.
{%- for feed in ('quota_decisions', 'quota_proposals', 'redistributions', 'change_requests') %}
    {{ rows_not_yet_known(feed) }}
    union all
{%- endfor %}
select
    feed,
    file_order,
    not_yet_known,
    without_recorded_at
from {{ ref('stg_assignment_log_not_yet_known') }}
