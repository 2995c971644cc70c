-- R5: a replacement counts against the quota year of what it replaces, through any number of replacements; with
-- several originals against the earliest. One row per replacement with a valid link: its earliest root.
select
    traces.assignment_id,
    min(traces.root_assigned_date) as original_assigned_date,
    arg_min(
        traces.root_assignment_id, (traces.root_assigned_date, traces.root_assignment_id)
    ) as original_assignment_id,
from (
    with recursive links as (
        select
            assignment_id,
            original_assignment_id,
            original_assigned_date,
        from {{ ref('int_replacement_links_checked') }}
        where issue is null
    ),

    roots as (
        select
            links.assignment_id,
            links.original_assigned_date as root_assigned_date,
            links.original_assignment_id as root_assignment_id,
        from links
        anti join links as replacements on links.original_assignment_id = replacements.assignment_id

        union

        select
            links.assignment_id,
            roots.root_assigned_date,
            roots.root_assignment_id,
        from roots
        inner join links on roots.assignment_id = links.original_assignment_id
    )

    select * from roots
) as traces
group by all
