"""Preprocessing on the GPU."""
