"""A release on disk: its layout, its description, which one is current."""
