-- R6, R8, R9: as int_events_kept, of assignments to be computed anew. One row per event.
{{ config(materialized='view') }}
{{ events_that_count(ref('int_affected_events')) }}
