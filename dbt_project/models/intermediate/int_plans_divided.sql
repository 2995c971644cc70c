-- R4: each version keeps the months that have begun and divides what remains over the open ones, in whole numbers.
-- One row per scenario ('decided': as it is), municipality, quota year, version and month; month_weight is W_m.
-- Version 0, all zero, is the start.
with recursive versions as (
    select
        scenario,
        quota_year,
        municipality_code,
        0::bigint as version_number,
        month_number,
        0::hugeint as remaining_persons,
        0::hugeint as month_weight,
        0::bigint as planned_persons
    from {{ ref('int_plan_months_prepared') }}
    where version_number = 1

    union all

    (
        with summed as (
            select
                months.*,
                case when not is_open then planned_persons end as kept_persons,
                greatest(0, kommuntal_persons - coalesce(sum(kept_persons) over plan, 0)) as remaining_persons,
                coalesce(sum(fixed_persons) filter (where is_open) over plan, 0) as fixed_total_persons,
                coalesce(sum(weight) filter (where is_open and fixed_persons is null) over plan, 0) as free_weight
            from versions
            inner join {{ ref('int_plan_months_prepared') }} as months
                on versions.scenario = months.scenario
                and versions.quota_year = months.quota_year
                and versions.municipality_code = months.municipality_code
                and versions.version_number + 1 = months.version_number
                and versions.month_number = months.month_number
            window plan as (partition by months.scenario, months.quota_year, months.municipality_code)
        ),

        weighted as (
            select
                *,
                case
                    when not is_open then 0
                    when fixed_persons is null then greatest(0, remaining_persons - fixed_total_persons) * weight
                    when free_weight = 0 then fixed_persons
                    else fixed_persons * free_weight
                end as wanted_weight
            from summed
        ),

        reweighted as (
            select
                *,
                if(is_open and sum(wanted_weight) over plan = 0, weight, wanted_weight) as month_weight
            from weighted
            window plan as (partition by scenario, quota_year, municipality_code)
        ),

        -- (rank + ½) / n is added before rounding down, so that a county's small municipalities spread out.
        cumulated as (
            select
                *,
                sum(month_weight) over (plan order by month_number) as cumulative_weight,
                remaining_persons * 2 * municipalities_in_county as scaled_persons,
                (2 * municipality_rank + 1) * sum(month_weight) over plan as spread,
                2 * municipalities_in_county * nullif(sum(month_weight) over plan, 0) as divisor
            from reweighted
            window plan as (partition by scenario, quota_year, municipality_code)
        )

        select
            scenario,
            quota_year,
            municipality_code,
            version_number,
            month_number,
            remaining_persons,
            month_weight,
            coalesce(
                kept_persons,
                (scaled_persons * cumulative_weight + spread) // divisor
                - (scaled_persons * (cumulative_weight - month_weight) + spread) // divisor,
                0
            )::bigint as planned_persons
        from cumulated
    )
)

select
    scenario,
    quota_year,
    municipality_code,
    version_number,
    month_number,
    remaining_persons,
    month_weight,
    planned_persons
from versions
where version_number > 0
