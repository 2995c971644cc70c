-- Section 2, keys: what became of every delivered row that fits. One row per file and row number.
{{ settled_rows(
    delivered_rows('quota_proposals'),
    key=['proposal_id', 'quota_year', 'area_code'],
    columns=['proposal_id', 'quota_year', 'area_code', 'persons', 'proposed_date']
) }}
