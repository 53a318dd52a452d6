"""What the bench of replays fills and asks."""
