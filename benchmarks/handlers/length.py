"""Answers with the length of the body."""


def handle(data, context):
    if data is None:
        return None
    return [str(len(row.get("data") or row.get("body") or b"")) for row in data]
