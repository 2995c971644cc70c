"""Publish: turns a finished warehouse into a release; reads marts and computes nothing."""
