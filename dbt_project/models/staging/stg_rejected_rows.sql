-- Section 2: one row per delivered row that is rejected; superseded ones as they were understood.
{{ config(materialized='ephemeral') }}
with unfit as (
    select
        deliveries.feed,
        deliveries.file_name,
        rejected.row_number,
        rejected.reason,
        rejected.raw_row
    from {{ source('parsed', 'rejected_rows') }} as rejected
    inner join {{ source('parsed', 'deliveries') }} as deliveries
        on rejected.feed = deliveries.feed
        and rejected.file_order = deliveries.file_order
),

settled as (
    select
        'quota_decisions' as feed,
        file_name,
        row_number,
        row_status as reason,
        raw_row
    from {{ ref('stg_quota_decisions_settled') }}
    union all
    select
        'redistributions' as feed,
        file_name,
        row_number,
        row_status as reason,
        raw_row
    from {{ ref('stg_redistributions_settled') }}
    union all
    select
        'change_requests' as feed,
        file_name,
        row_number,
        row_status as reason,
        raw_row
    from {{ ref('stg_change_requests_settled') }}
    union all
    select
        'assignment_log' as feed,
        file_name,
        row_number,
        row_status as reason,
        raw_row
    from {{ ref('stg_assignment_log_not_accepted') }}
)

select * from unfit
union all
select * from settled
where reason = 'superseded'
