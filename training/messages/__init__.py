"""What people are told: on their pages and by mail, never twice, with what was sent to whom on record."""
