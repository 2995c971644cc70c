-- The physical limit: what the log alone says of assignments, cancellations, months and years, by hand, straight from
-- Parquet, in one process. No validation, no documentation, no checks, no files but the tables; tests/bench/floor.py
-- runs it and compares. Rules R5 to R9 are written here a second time on purpose: nothing may be shared with the models.
create temp table again as
select event_id from read_parquet($files) group by event_id having count(*) > 1;

-- Only what comes again is put in order.
create temp table events as
select event_id, event_type, event_date, assignment_id, municipality_code, persons, category, reception_deadline_date, replaces, reason
from read_parquet($files) anti join again using (event_id)
where event_date <= $as_of
union all
select * exclude (recorded_at, filename, file_row_number)
from (
    select event_id, event_type, event_date, assignment_id, municipality_code, persons, category,
        reception_deadline_date, replaces, reason, recorded_at, filename, file_row_number
    from read_parquet($files, filename = true, file_row_number = true) semi join again using (event_id)
    qualify row_number() over (
        partition by event_id order by recorded_at desc nulls last, filename desc, file_row_number desc
    ) = 1
)
where event_date <= $as_of;

create temp table assigned as
with every as (
    select
        assignment_id, event_id, event_date as assigned_date, municipality_code, persons, category, replaces,
        coalesce(reception_deadline_date, (event_date + interval 2 month)::date) as reception_deadline_date
    from events where event_type = 'assigned'
),
several as (select assignment_id from every group by assignment_id having count(*) > 1)
select * from every anti join several using (assignment_id)
union all
select * from every semi join several using (assignment_id)
qualify row_number() over (partition by assignment_id order by assigned_date, event_id) = 1;

create temp table outcomes as
with every as (
    select
        assignment_id, event_type as kind, event_date as day, coalesce(events.persons, assigned.persons) as number,
        coalesce(reason, 'other') as why, events.event_id
    from events join assigned using (assignment_id)
    where event_type in ('received', 'cancelled') and event_date >= assigned_date
),
several as (select assignment_id from every group by assignment_id having count(*) > 1)
select * from every anti join several using (assignment_id)
union all
select * from every semi join several using (assignment_id)
qualify row_number() over (partition by assignment_id order by day, kind = 'cancelled', event_id) = 1;

create temp table states as
with approvals as (
    select
        assignment_id, min(event_date) as over_plan_approved_date,
        arg_min(coalesce(reason, 'other'), (event_date, event_id)) as over_plan_reason
    from events
    where event_type = 'over_plan_approved'
    group by all
)
select
    assigned.*, coalesce(kind, 'open') as status,
    if(kind = 'received', day, null) as received_date,
    if(kind = 'received', number, null) as received_persons,
    if(kind = 'cancelled', day, null) as cancelled_date,
    if(kind = 'cancelled', why, null) as cancellation_reason,
    over_plan_approved_date, over_plan_reason
from assigned left join outcomes using (assignment_id) left join approvals using (assignment_id);

create temp table links as
with named as (
    select
        assignment_id, municipality_code, persons, assigned_date, reception_deadline_date,
        unnest(string_split(replaces, ';')) as original_id
    from states where replaces is not null
)
select
    named.assignment_id, named.original_id, named.persons, named.reception_deadline_date,
    originals.assigned_date as original_date, originals.persons as original_persons
from named join states as originals on originals.assignment_id = named.original_id
where originals.cancelled_date <= named.assigned_date and originals.municipality_code = named.municipality_code
    and (originals.assigned_date, originals.assignment_id) < (named.assigned_date, named.assignment_id);

create temp table roots as
with recursive traced as (
    select assignment_id, original_date as root_date, original_id as root_id
    from links anti join links as above on links.original_id = above.assignment_id
    union
    select links.assignment_id, root_date, root_id
    from traced join links on traced.assignment_id = links.original_id
)
select assignment_id, min(root_date) as root_date, arg_min(root_id, (root_date, root_id)) as root_id
from traced group by all;

create table assignments as
select
    assignment_id, municipality_code, persons, category, assigned_date, reception_deadline_date, status,
    received_date, received_persons, cancelled_date, cancellation_reason,
    root_id is not null as is_replacement, coalesce(root_id, assignment_id) as original_assignment_id,
    year(coalesce(root_date, assigned_date)) as quota_year,
    status = 'open' and reception_deadline_date < $as_of as is_overdue, over_plan_approved_date, over_plan_reason
from states left join roots using (assignment_id);

create table cancellations as
with placed as (
    select
        *, coalesce(sum(original_persons) over (parts rows between unbounded preceding and 1 preceding), 0) as earlier,
        row_number() over parts = count(*) over (partition by assignment_id) as is_last,
        count(*) over (partition by assignment_id) as originals
    from links window parts as (partition by assignment_id order by original_date, original_id)
),
replaced as (
    select
        original_id, count(*) as number, max(reception_deadline_date) as latest,
        sum(greatest(0, if(is_last, persons - earlier, least(original_persons, persons - earlier))))::bigint as filled,
        bool_or(originals > 1 or persons <> original_persons) as is_other
    from placed group by all
)
select
    assignment_id, municipality_code, quota_year, persons, assigned_date, cancelled_date,
    cancellation_reason as reason, coalesce(number, 0) as replacement_assignments,
    coalesce(filled, 0) as replacement_persons, greatest(0, persons - coalesce(filled, 0)) as awaiting_persons,
    latest - reception_deadline_date as displacement_days,
    coalesce(number <> 1 or is_other, false) as is_new_constellation,
    year(cancelled_date) > quota_year as crosses_year
from assignments left join replaced on original_id = assignment_id
where status = 'cancelled';

create table months as
with assigned_months as (
    select
        municipality_code, date_trunc('month', assigned_date)::date as plan_month,
        coalesce(sum(persons) filter (where quota_year = year(assigned_date)), 0)::bigint as assigned_persons,
        coalesce(sum(persons) filter (where quota_year = year(assigned_date) and status = 'cancelled'), 0)::bigint
            as cancelled_persons,
        coalesce(sum(persons) filter (where quota_year < year(assigned_date)), 0)::bigint
            as prior_year_replacement_persons
    from assignments group by all
),
received_months as (
    select
        municipality_code, date_trunc('month', received_date)::date as plan_month,
        sum(received_persons)::bigint as received_in_month_persons
    from assignments where status = 'received' group by all
)
select
    municipality_code, plan_month, coalesce(assigned_persons, 0) as assigned_persons,
    coalesce(cancelled_persons, 0) as cancelled_persons,
    coalesce(prior_year_replacement_persons, 0) as prior_year_replacement_persons,
    coalesce(received_in_month_persons, 0) as received_in_month_persons
from assigned_months full join received_months using (municipality_code, plan_month);

create table years as
select
    quota_year, municipality_code,
    coalesce(sum(received_persons), 0)::bigint as received_persons,
    coalesce(sum(persons) filter (where status = 'open'), 0)::bigint as open_persons,
    coalesce(sum(persons) filter (where status = 'cancelled'), 0)::bigint as cancelled_persons,
    coalesce(sum(received_persons) filter (where year(received_date) > quota_year), 0)::bigint
        as received_later_persons,
    coalesce(sum(received_persons) filter (where is_replacement), 0)::bigint as received_by_replacement_persons,
    coalesce(sum(persons) filter (where is_overdue), 0)::bigint as overdue_persons
from assignments group by all;
