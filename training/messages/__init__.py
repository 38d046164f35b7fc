"""What people are told: on their pages and by mail, never twice, with what was sent to whom on record; what is
held on them, and what they ask to have put right."""
