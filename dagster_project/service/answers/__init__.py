"""Answers to municipalities: prepared by builds, kept in an outbox, handed to a mail server where one is named."""
