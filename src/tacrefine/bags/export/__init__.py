"""Bags as what other tools read: CSV, Parquet, LeRobotDataset."""
