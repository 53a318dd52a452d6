"""The console with views to compare its probes with, and ways to break it."""
