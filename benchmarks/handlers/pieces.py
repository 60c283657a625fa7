"""Streams 200 pieces of 16 bytes."""

from ts.protocol.otf_message_handler import send_intermediate_predict_response


def handle(data, context):
    if data is None:
        return None
    for _ in range(199):
        send_intermediate_predict_response(["x" * 16], context.request_ids, "piece", 200, context)
    return ["x" * 16]
