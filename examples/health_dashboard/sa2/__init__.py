"""Made-up health data in the shapes of the Australian Statistical Geography: none of it is of real people or places."""
