"""Simulated deliveries, called so in file names and ids."""
