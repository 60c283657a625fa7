"""The least that a handler can do: what is measured is the server, not the model."""


def handle(data, context):
    return ["ok"] * len(data) if data else None
