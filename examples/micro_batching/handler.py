"""Decodes pictures in two threads while the model works on those that are decoded."""

import io

import numpy
import torch
from PIL import Image
from ts.handler_utils.micro_batching import MicroBatching
from ts.torch_handler.base_handler import BaseHandler


class Brightness(BaseHandler):
    """A request is a picture; its answer is the mean of each of its three colours, from 0 to 1."""

    def __init__(self):
        super().__init__()
        self.handle = MicroBatching(self)

    def initialize(self, context):
        super().initialize(context)
        settings = context.model_yaml_config["micro_batching"]
        self.handle.micro_batch_size = settings["micro_batch_size"]
        self.handle.parallelism = settings["parallelism"]

    def preprocess(self, data):
        pictures = [Image.open(io.BytesIO(row.get("data") or row.get("body"))).resize((32, 32)) for row in data]
        return torch.stack([torch.from_numpy(numpy.array(each, dtype=numpy.float32)) for each in pictures]) / 255

    def postprocess(self, data):
        return [dict(zip(("red", "green", "blue"), row)) for row in data.tolist()]
