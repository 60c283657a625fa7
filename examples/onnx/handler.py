"""Serves an ONNX model: the base handler loads it, and only the call differs."""

import numpy
from ts.torch_handler.base_handler import BaseHandler


class OnnxHandler(BaseHandler):
    """A request is ``{"values": [four numbers]}``; its answer is a list of three."""

    def preprocess(self, data):
        rows = [row.get("data") or row.get("body") for row in data]
        return numpy.array([row["values"] for row in rows], dtype=numpy.float32)

    def inference(self, data):
        (output,) = self.model.run(None, {"values": data})
        return output
