-- Section 2, keys: what became of every delivered row that fits. One row per file and row number.
{{ settled_rows(
    delivered_rows('redistributions'),
    key=['agreement_id'],
    columns=[
        'agreement_id',
        'quota_year',
        'from_municipality_code',
        'to_municipality_code',
        'persons',
        'requested_date',
        'reconciled_date',
        'decision',
        'decided_date',
        'in_force_date'
    ]
) }}
