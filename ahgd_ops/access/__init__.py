"""Who may come in: proxies, tokens, roles, the first administrator."""
