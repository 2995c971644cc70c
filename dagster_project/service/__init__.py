"""What runs by itself and who is told: the journal of builds, problems, alerts, answers, status."""
