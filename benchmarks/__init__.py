"""What this program costs, measured beside what the same machine does without it."""
