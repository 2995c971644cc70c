"""The pipeline as Dagster runs it: the only room that knows Dagster."""
