"""What supervisors note about the team: checks, training, meetings, emergencies, market findings (S3, S4, S5)."""
