-- Section 2, keys of the log, second step: only rows whose id is repeated are put in order.
-- One row per file and row number that is a duplicate or superseded.
with settled as (
    {{ settled_rows(
        'from (' ~ delivered_rows('assignment_log') ~ ') semi join ' ~ ref('stg_assignment_log_repeated_ids')
        ~ ' using (event_id)',
        key=['event_id'],
        latest_by='recorded_at',
        columns=[
            'event_id',
            'event_type',
            'event_date',
            'assignment_id',
            'recorded_at',
            'municipality_code',
            'persons',
            'category',
            'reception_deadline_date',
            'replaces',
            'reason'
        ]
    ) }}
)

select * from settled
where row_status <> 'accepted'
