"""The project that wires the apps together: settings, environment, schedule, addresses, processes."""
