"""Bases for handlers whose model is spread over several processes."""
