-- R6, R8, R9: of an assignment its assigned event, and if there are any the outcome that decides and the approval that
-- is shown. One row per event that counts.
-- A view: to write what the log holds once more costs more than to look again.
{{ config(materialized='view') }}
{{ events_that_count(ref('stg_assignment_events')) }}
