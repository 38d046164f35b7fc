"""Public holidays and the days worked in their place: dated data that every count of days uses."""
