"""What `benchmarks/fuzz_files.py` and the tests share: whole files, ways to spoil them, and what must come of it."""
