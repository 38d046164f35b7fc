"""What a user would pick instead of this optimizer, each a process of its own."""
