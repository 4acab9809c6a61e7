"""Moves data only where it is sound."""
