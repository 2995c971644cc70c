-- One row per quota year, municipality and spell in which nothing in force changes.
select
    quota_year,
    municipality_code,
    valid_from_date,
    valid_to_date,
    decided_persons,
    redistributed_persons,
    kommuntal_persons,
    is_current
from {{ ref('int_kommuntal_taken_in_force') }}
where scenario = 'decided'
order by quota_year, municipality_code, valid_from_date
