"""Nodes of a hand: policy, refine server, collector."""
