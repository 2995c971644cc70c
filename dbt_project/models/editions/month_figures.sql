-- Figures of months that everyone sees: the two series of municipalities, and of the country what became of
-- assignments. One row per figure, area and month.
with of_municipalities as (
    unpivot (
        select
            'municipality' as area_level,
            municipality_code as area_code,
            deviations.quota_year,
            plan_month,
            net_assigned_persons as net_assigned,
            received_in_month_persons as received_in_month
        from {{ ref('plan_deviations') }} as deviations
        left join {{ ref('monthly_plan') }} as planned using (municipality_code, plan_month)
        -- A row without a plan and without persons would only say that something had happened and was undone.
        where planned.plan_month is not null or net_assigned_persons <> 0 or received_in_month_persons <> 0
    )
    on net_assigned, received_in_month
    into name figure value persons
),

in_months as (
    unpivot (
        select
            plan_month,
            cancelled_in_month_persons as cancelled_in_month,
            replacement_persons as replaced_in_month
        from {{ ref('log_months') }}
    )
    on cancelled_in_month, replaced_in_month
    into name figure value persons
),

of_the_country as (
    select
        'country' as area_level,
        '00' as area_code,
        months.quota_year,
        months.plan_month,
        figures.figure,
        coalesce(sum(in_months.persons), 0)::bigint as persons
    from {{ ref('months') }} as months
    inner join {{ ref('years_covered_by_log') }} as covered using (quota_year)
    cross join (select unnest(['cancelled_in_month', 'replaced_in_month']) as figure) as figures
    left join in_months using (plan_month, figure)
    group by all
)

select
    figure,
    area_level,
    area_code,
    quota_year,
    plan_month,
    persons
from of_municipalities
union all
select
    figure,
    area_level,
    area_code,
    quota_year,
    plan_month,
    persons
from of_the_country
