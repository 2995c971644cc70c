-- R9: one row per issue that the log has.
select
    issue,
    count(*) as issues
from {{ ref('log_issues') }}
group by issue
