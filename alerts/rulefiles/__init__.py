"""Rules as files: one YAML schema for export, import, lint, test and the starter rules."""
