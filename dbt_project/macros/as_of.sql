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
