"""A context without a server, and model folders."""
