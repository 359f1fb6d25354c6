"""What else one would use, on the same work. See benchmarks/README.md."""
