"""Class books: roll call, scores, results, certificates, feedback."""
