"""Training of the regrasp model: the only part of it that imports torch."""
