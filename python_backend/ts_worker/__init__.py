"""The private half of the Python backend: one process per worker, which dials home to the frontend and runs a handler.

Handlers import `ts`; nothing here is for them, and nothing here may have a name that an archive could shadow.
"""
