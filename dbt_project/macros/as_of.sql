{#- The as-of date: everything dated after it does not exist yet. -#}
{%- macro as_of_date() -%}
    date '{{ var("as_of") }}'
{%- endmacro -%}

{#- What is dated so exists (contract, section 3). -#}
{%- macro has_happened(date) -%}
    {{ date }} <= {{ as_of_date() }}
{%- endmacro -%}

{#- The known-at moment, UTC: rows recorded after it do not exist; null where none is set (contract, section 3). -#}
{%- macro known_at_utc() -%}
    {{ "timestamp '" ~ var("known_at_utc") ~ "'" if var("known_at_utc") else "null::timestamp" }}
{%- endmacro -%}

{#- First and last day of a quota year. -#}
{%- macro first_day_of(quota_year) -%}
    make_date({{ quota_year }}, 1, 1)
{%- endmacro -%}

{%- macro last_day_of(quota_year) -%}
    make_date({{ quota_year }}, 12, 31)
{%- endmacro -%}

{#- R1: "now" for a quota year is the as-of date bounded to 1 January – 31 December of it. -#}
{%- macro now_in(quota_year) -%}
    least(greatest({{ as_of_date() }}, {{ first_day_of(quota_year) }}), {{ last_day_of(quota_year) }})
{%- endmacro -%}

{#- Whether a month, given by its first day, was over at the as-of date. -#}
{%- macro has_ended(month) -%}
    {{ month }} + interval 1 month <= {{ as_of_date() }} + interval 1 day
{%- endmacro -%}

{#- The day of a year that the as-of date is of its own; 28 February stands for the 29th. -#}
{%- macro same_day_of(calendar_year) -%}
    make_date(
        ({{ calendar_year }})::integer,
        month({{ as_of_date() }})::integer,
        least(day({{ as_of_date() }}), case when month({{ as_of_date() }}) = 2 then 28 else 31 end)::integer
    )
{%- endmacro -%}

{#- How many quota years before the one that it is the forecast learns from at most. -#}
{%- macro first_year_to_learn_from() -%}
    year({{ as_of_date() }}) - 10
{%- endmacro -%}
