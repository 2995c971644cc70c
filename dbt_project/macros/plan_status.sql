{#-
The norm of the status words (docs/decisions/0006): on_plan within 10 % of the plan to date, or within 2 persons;
within_household beyond it, within the 5 persons that one household could be; then ahead or behind; far_behind when more
than 25 % are missing. no_kommuntal where there is nothing to follow: none, or zero with a net of zero; not_begun before the first month has ended;
not_delivered for a year that the log does not cover.
-#}
{%- macro plan_status(kommuntal, planned, net_assigned, is_covered) -%}
    case
        when not {{ is_covered }} then 'not_delivered'
        when {{ kommuntal }} is null or ({{ kommuntal }} = 0 and coalesce({{ net_assigned }}, 0) = 0) then 'no_kommuntal'
        when {{ planned }} is null then 'not_begun'
        when abs({{ net_assigned }} - {{ planned }}) <= greatest(2, {{ planned }} / 10) then 'on_plan'
        when abs({{ net_assigned }} - {{ planned }}) <= 5 then 'within_household'
        when {{ net_assigned }} > {{ planned }} then 'ahead'
        when {{ planned }} - {{ net_assigned }} > {{ planned }} / 4 then 'far_behind'
        else 'behind'
    end
{%- endmacro -%}
