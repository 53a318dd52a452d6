"""The example dashboard as a bench visits it."""
