"""The contract's checks: which there are, how they run, what they found."""
