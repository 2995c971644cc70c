-- R3: for every county, quota year and date where anything in force changes, the sum of its municipalities'
-- kommuntal is compared with its länstal.
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
        ) as valid_to_date
    from changes
),

totals as (
    select
        spells.quota_year,
        spells.county_code,
        spells.valid_from_date,
        spells.valid_to_date,
        lanstal.decided_persons as lanstal_persons,
        sum(kommuntal.kommuntal_persons)::bigint as kommuntal_total_persons
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
        when kommuntal_total_persons < lanstal_persons then 'below_lanstal'
        else 'ok'
    end as status,
    {{ now_in('quota_year') }} between valid_from_date and valid_to_date as is_current
from totals
