-- Section 2, keys: what became of every delivered row that fits. One row per file and row number.
with delivered as (
    {{ delivered_rows('quota_decisions') }}
)

{{ settled_rows(
    'delivered',
    key=['decision_id', 'quota_year', 'area_code'],
    columns=[
        'decision_id',
        'level',
        'quota_year',
        'area_code',
        'persons',
        'decided_date',
        'in_force_date'
    ]
) }}
