"""What a user would pick instead of this optimizer, each a process: `python -m solver.peers NAME INSTANCE`."""
