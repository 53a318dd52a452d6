"""One file for each kind of database; ``opening.py`` finds out which one is meant."""
