"""Ours beside floor and peers. Each file is a bench, run by ``scripts/bench``; what benches share is in folders."""
