"""What databases are asked: how long it takes by the shape of the query, and which shapes are slow or repeated."""
