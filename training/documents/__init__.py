"""Official papers and sheets, frozen as issued."""
