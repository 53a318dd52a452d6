"""Parts of the bench of evaluation: ours, Prometheus, and the language by itself."""
