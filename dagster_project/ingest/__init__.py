"""Ingest: reads deliveries, validates every row, sets aside what does not fit, repairs only what the contract says."""
