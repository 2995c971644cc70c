{#-
Few assignments have several events of one kind: only theirs need be put in order. A common table expression
`with_several`: digests of the assignments with more than one row in `events`. Where two assignments share a digest,
some are put in order without need.
-#}
{%- macro assignments_with_several(events) -%}
with_several as (
    select hash(assignment_id) as digest
    from {{ events }}
    group by digest
    having count(*) > 1
)
{%- endmacro -%}
