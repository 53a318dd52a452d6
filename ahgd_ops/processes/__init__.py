"""The processes of one host: a supervisor that forks web, worker and beat, and what each of them does."""
