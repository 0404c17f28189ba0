"""Recorder, clients and the graph probe."""
