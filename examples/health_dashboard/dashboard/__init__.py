"""The pages of the dashboard, and how it is watched: with the library's public names and nothing else of it."""
