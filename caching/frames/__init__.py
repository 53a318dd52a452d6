"""Data frames that take less memory, and data frames that are read as far as they are looked at."""
