"""Tests that rules carry: stretches of series on which a rule must fire, or must not."""
