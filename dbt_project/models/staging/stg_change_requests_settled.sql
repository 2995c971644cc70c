-- Section 2, keys: what became of every delivered row that fits. One row per file and row number.
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
