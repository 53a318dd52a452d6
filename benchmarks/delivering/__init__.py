"""What ``benchmarks.delivery`` measures: a receiver, the floor, and our outbox."""
