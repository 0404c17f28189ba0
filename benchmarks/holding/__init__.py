"""Parts of `benchmarks/hold.py`."""
