-- Section 2, keys: what became of every delivered row that fits. One row per file and row number.
{{ settled_rows(
    delivered_rows('quota_decisions'),
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
