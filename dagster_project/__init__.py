"""Årsplan's pipeline: landing → ingest → staging → intermediate → marts → checks → publish."""
