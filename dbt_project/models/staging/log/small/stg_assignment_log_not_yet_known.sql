-- Section 3, known-at: one row per delivered file of the log, see stg_rows_not_yet_known.
{{ rows_not_yet_known('assignment_log') }}
