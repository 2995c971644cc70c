"""Great Expectations suites, one module per table, and how their results become checks."""
