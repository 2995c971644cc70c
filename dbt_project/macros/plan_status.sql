{#-
The norm of the status words (docs/decisions/0006): on_plan within 10 % of the plan to date, or within 2 persons;
beyond it ahead or behind; far_behind when more than 25 % and more than 5 persons are missing.
not_begun before the first month has ended; not_delivered for a year that the log does not cover.
-#}
{%- macro plan_status(planned, net_assigned, is_covered) -%}
    case
        when not {{ is_covered }} then 'not_delivered'
        when {{ planned }} is null then 'not_begun'
        when abs({{ net_assigned }} - {{ planned }}) <= greatest(2, {{ planned }} / 10) then 'on_plan'
        when {{ net_assigned }} > {{ planned }} then 'ahead'
        when {{ planned }} - {{ net_assigned }} > greatest(5, {{ planned }} / 4) then 'far_behind'
        else 'behind'
    end
{%- endmacro -%}
