"""The models: the dbt project, how it is run, what it says."""
