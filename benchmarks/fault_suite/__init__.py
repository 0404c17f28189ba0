"""Faults and the stand on which they are tried: see `benchmarks/faults.py`."""
