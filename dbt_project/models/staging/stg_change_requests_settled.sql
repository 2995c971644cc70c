-- Section 2, keys: what became of every delivered row that fits. One row per file and row number.
-- A request speaks of one municipality and year and has one decision: a month's winner that says otherwise than the
-- request's last row is superseded too.
with settled as (
    {{ settled_rows(
        delivered_rows('change_requests'),
        key=['request_id', 'plan_month'],
        columns=[
            'request_id',
            'municipality_code',
            'quota_year',
            'plan_month',
            'wished_persons',
            'requested_date',
            'decision',
            'decided_date'
        ]
    ) }}
),

requests as (
    select
        *,
        to_json(
            [municipality_code, quota_year::string, requested_date::string, decision, decided_date::string]
        )::string as said
    from settled
),

compared as (
    select
        *,
        first_value(said) over (partition by request_id order by file_order desc, row_number desc) as said_last
    from requests
)

select
    request_id,
    municipality_code,
    quota_year,
    plan_month,
    wished_persons,
    requested_date,
    decision,
    decided_date,
    file_name,
    file_order,
    row_number,
    if(row_status = 'accepted' and said <> said_last, 'superseded', row_status) as row_status,
    raw_row
from compared
