"""What runs by itself and who is alerted: the journal of builds, problems, alerts, answers, status."""
