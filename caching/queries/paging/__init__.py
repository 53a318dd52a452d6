"""Reading a query page by page, by the key of the last row and not by its number."""
