-- R5: a replacement counts against the quota year of what it replaces, through any number of replacements; with
-- several originals against the earliest. One row per replacement with a valid link: its earliest root. Every original
-- comes before what replaces it, so that of all that a replacement goes back to the earliest is a root.
with recursive links as (
    select
        assignment_id,
        original_assignment_id,
        original_assigned_date
    from {{ ref('int_replacement_links_checked') }}
    where issue is null
),

traces as (
    select * from links

    union

    select
        traces.assignment_id,
        links.original_assignment_id,
        links.original_assigned_date
    from traces
    inner join links on traces.original_assignment_id = links.assignment_id
)

select
    assignment_id,
    min(original_assigned_date) as original_assigned_date,
    min_by(original_assignment_id, (original_assigned_date, original_assignment_id)) as original_assignment_id
from traces
group by assignment_id
