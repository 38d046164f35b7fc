"""The optimizer: assigns trainees' needs to classes. JSON in, JSON out; knows nothing of the web application."""
