"""What programs push: two formats are read, wholly or not at all, and stored once however often they are sent."""
