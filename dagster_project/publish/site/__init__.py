"""Web pages of a release."""
