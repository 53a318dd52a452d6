"""The tiers, each of which passes tests/caching/tiers/test_contract.py."""
