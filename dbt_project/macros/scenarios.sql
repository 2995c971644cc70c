{#-
Rows of a municipality's quota year as they are (scenario 'decided'), and once more for each undecided request that
concerns its plan: what the plan would be if the request were granted (R4).
-#}
{%- macro decided_and_what_if(relation, municipality_code='municipality_code') -%}
    select
        'decided' as scenario,
        *
    from {{ relation }}
    union all
    select
        requests.scenario,
        decided.*
    from {{ relation }} as decided
    inner join {{ ref('int_requests_assumed_granted') }} as requests
        on decided.quota_year = requests.quota_year
        and decided.{{ municipality_code }} = requests.municipality_code
{%- endmacro -%}

{#- Number of the first month that a change with this effect date remakes: f of R4, 13 where no month is left. -#}
{%- macro first_changed_month_number(effect_date, quota_year) -%}
    case
        when {{ effect_date }} <= {{ first_day_of(quota_year) }} then 1
        when year({{ effect_date }}) > {{ quota_year }} then 13
        when day({{ effect_date }}) = 1 then month({{ effect_date }})
        else month({{ effect_date }}) + 1
    end
{%- endmacro -%}
