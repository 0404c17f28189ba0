"""The report with the chapters of the benchmarks, and the tables of the documentation."""
