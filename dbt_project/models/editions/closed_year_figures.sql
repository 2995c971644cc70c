-- Figures of quota years that everyone sees once, when the year has ended: of counties and the country, and of the
-- country by reason and category. One row per figure, area, year and word; small ones are not withheld yet.
-- Figures of which one would give away another, since their sum is known, are judged `together`.
with of_areas as (
    unpivot (
        select
            area_level,
            area_code,
            quota_year,
            cancelled_persons as cancelled,
            received_by_replacement_persons as received_by_replacement
        from {{ ref('area_year_summaries') }}
        where area_level <> 'municipality' and is_covered_by_log
    )
    on cancelled, received_by_replacement
    into name figure value persons
),

over_plan as (
    unpivot (
        select
            areas.area_level,
            deviations.area_code,
            deviations.quota_year,
            sum(deviations.over_plan_persons - deviations.over_plan_unapproved_persons)::bigint as over_plan_approved,
            sum(deviations.over_plan_unapproved_persons)::bigint as over_plan_unapproved
        from {{ ref('area_plan_deviations') }} as deviations
        inner join {{ ref('areas') }} as areas using (area_code)
        inner join {{ ref('years_covered_by_log') }} as covered using (quota_year)
        group by all
    )
    on over_plan_approved, over_plan_unapproved
    into name figure value persons
),

reasons as (
    select
        covered.quota_year,
        known.reason as word,
        coalesce(logged.cancelled_persons, 0) as persons
    from {{ ref('years_covered_by_log') }} as covered
    cross join (
        values ('declined'), ('not_used'), ('moved_on_own'), ('household_changed'), ('lapsed'), ('other')
    ) as known (reason)
    left join {{ ref('log_cancellation_reasons') }} as logged using (quota_year, reason)
),

categories as (
    select
        quota_year,
        category as word,
        assigned_persons as persons
    from {{ ref('log_categories') }}
)

select
    figure,
    area_level,
    area_code,
    quota_year,
    null::string as word,
    figure as together,
    persons
from of_areas
union all
select
    figure,
    area_level,
    area_code,
    quota_year,
    null::string as word,
    'over_plan' as together,
    persons
from over_plan
union all
select
    'cancelled_by_reason' as figure,
    'country' as area_level,
    '00' as area_code,
    quota_year,
    word,
    'cancelled_by_reason' as together,
    persons
from reasons
union all
select
    'assigned_by_category' as figure,
    'country' as area_level,
    '00' as area_code,
    quota_year,
    word,
    'assigned_by_category' as together,
    persons
from categories
