-- Section 2, keys: what became of every delivered row that fits. One row per file and row number.
with delivered as (
    {{ delivered_rows('change_requests') }}
)

{{ settled_rows(
    'delivered',
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
