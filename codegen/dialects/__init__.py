"""Readers, one per dialect of published pages."""
