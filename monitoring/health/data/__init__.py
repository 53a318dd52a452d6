"""Checks of data files: are they there, are they fresh, is what they hold as it should be."""
