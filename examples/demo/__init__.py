"""A console and a dashboard together, with a day of history, a visitor, and a bad day on demand."""
