"""Both models' handler: takes what the function `read` gives, and names what it sees."""

import io

import torch
from ts.torch_handler.base_handler import BaseHandler


class Classifier(BaseHandler):
    """A request is a tensor as `torch.save` writes it; its answer is the probability of each name."""

    def preprocess(self, data):
        return torch.cat([torch.load(io.BytesIO(row["body"]), weights_only=True) for row in data]).to(self.device)

    def postprocess(self, data):
        return [dict(zip(self.model.names, row)) for row in torch.softmax(data, dim=1).tolist()]
