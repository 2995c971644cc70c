-- R5: an assignment may count otherwise when something has come to pass for it, or for one that it replaces, directly
-- or through others. One row per assignment to be computed anew; none where the warehouse was empty.
with recursive named as (
    select
        assignment_id,
        unnest(string_split(replaces, ';')) as original_assignment_id,
    from {{ ref('stg_assignment_events') }}
    where
        event_type = 'assigned'
        and replaces is not null
),

affected as (
    select assignment_id from {{ source('raw', 'touched_assignments') }}

    union

    select named.assignment_id
    from affected
    inner join named on affected.assignment_id = named.original_assignment_id
)

select assignment_id from affected
