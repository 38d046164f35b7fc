"""The host's year: roll call, scores, results, certificates, feedback."""
