"""What runs by itself and who is alerted: the history of builds, problems, alerts, answers, status."""
