"""What a user would pick instead of this optimizer, each a process: `python -m tests.bench.peers NAME INSTANCE`."""
