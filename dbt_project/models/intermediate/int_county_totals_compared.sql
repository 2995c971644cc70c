-- R3: for every county, quota year and date where anything in force changes, the sum of its municipalities'
-- kommuntal is compared with its länstal. Below a länstal that the government has changed, kommuntal is awaited until
-- the board has decided.
with lanstal as (
    select * from {{ ref('int_quota_decisions_taken_in_force') }}
    where level = 'lanstal'
),

kommuntal as (
    select
        spells.quota_year,
        municipalities.county_code,
        spells.valid_from_date,
        spells.valid_to_date,
        spells.kommuntal_persons
    from {{ ref('int_kommuntal_taken_in_force') }} as spells
    inner join {{ ref('stg_municipalities') }} as municipalities using (municipality_code)
    where spells.scenario = 'decided'
),

changes as (
    select
        quota_year,
        area_code as county_code,
        valid_from_date
    from lanstal
    union
    select
        quota_year,
        county_code,
        valid_from_date
    from kommuntal
),

spells as (
    select
        quota_year,
        county_code,
        valid_from_date,
        coalesce(
            lead(valid_from_date) over (partition by quota_year, county_code order by valid_from_date) - 1,
            {{ last_day_of('quota_year') }}
        ) as valid_to_date,
        (
            select count(*) from {{ ref('stg_municipalities') }} as municipalities
            where municipalities.county_code = changes.county_code
        ) as municipalities
    from changes
),

totals as (
    select
        spells.*,
        lanstal.decided_persons as lanstal_persons,
        lanstal.decided_date as lanstal_decided_date,
        not lanstal.is_first as is_lanstal_changed,
        sum(kommuntal.kommuntal_persons)::bigint as kommuntal_total_persons,
        count(kommuntal.kommuntal_persons) as municipalities_with_kommuntal
    from spells
    left join lanstal
        on spells.quota_year = lanstal.quota_year
        and spells.county_code = lanstal.area_code
        and spells.valid_from_date between lanstal.valid_from_date and lanstal.valid_to_date
    left join kommuntal
        on spells.quota_year = kommuntal.quota_year
        and spells.county_code = kommuntal.county_code
        and spells.valid_from_date between kommuntal.valid_from_date and kommuntal.valid_to_date
    group by all
)

select
    quota_year,
    county_code,
    valid_from_date,
    valid_to_date,
    lanstal_persons,
    kommuntal_total_persons,
    kommuntal_total_persons - lanstal_persons as margin_persons,
    case
        when lanstal_persons is null then 'lanstal_missing'
        when kommuntal_total_persons is null then 'kommuntal_missing'
        when kommuntal_total_persons >= lanstal_persons then 'ok'
        when is_lanstal_changed and not exists (
            select 1 from {{ ref('int_county_boards_answers') }} as answers
            where
                answers.quota_year = totals.quota_year
                and answers.county_code = totals.county_code
                and answers.in_force_date <= totals.valid_from_date
                and answers.decided_date >= totals.lanstal_decided_date
        ) then 'kommuntal_awaited'
        else 'below_lanstal'
    end as status,
    {{ now_in('quota_year') }} between valid_from_date and valid_to_date as is_current,
    municipalities - municipalities_with_kommuntal as municipalities_missing
from totals
