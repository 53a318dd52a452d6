"""What benches run beside themselves: the console, its peers, and what sends to them or listens."""
