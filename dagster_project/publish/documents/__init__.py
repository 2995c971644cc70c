"""Documents of a release: plans as PDF, workbooks."""
