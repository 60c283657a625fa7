"""Continuous batching: all requests that run get their next letter together, whenever each of them began."""

import torch
from ts.torch_handler.base_handler import BaseHandler

from model import LETTERS, indices


class Writer(BaseHandler):
    """A request is `{"prompt": text, "length": letters}`; its answer is what follows, a letter a piece."""

    def initialize(self, context):
        super().initialize(context)
        # What is known of each request that runs, by its id: the body comes with its first step only.
        context.cache = {}

    @torch.inference_mode()
    def handle(self, data, context):
        ids = [context.get_request_id(index) for index in range(len(data))]
        # A request that is not here any more was left by its client.
        for gone in context.cache.keys() - set(ids):
            del context.cache[gone]
        for request_id, row in zip(ids, data):
            if request_id not in context.cache:
                context.cache[request_id] = self.begin(**(row.get("data") or row.get("body")))
        requests = [context.cache[request_id] for request_id in ids]
        answers = [LETTERS[request["next"]] for request in requests]
        self.step(requests)
        context.stopping_criteria = [self.criterion(context.cache, request_id) for request_id in ids]
        return answers

    def begin(self, prompt, length=100):
        """Reads the prompt, by itself."""
        scores, state = self.model(torch.tensor([indices(prompt) or [0]], device=self.device))
        return {"left": length, "next": int(scores[0, -1].argmax()), "state": state}

    def step(self, requests):
        """One letter further, for all of them at once."""
        letters = torch.tensor([[request["next"]] for request in requests], device=self.device)
        hidden, cell = (torch.cat(part, dim=1) for part in zip(*(request["state"] for request in requests)))
        scores, (hidden, cell) = self.model(letters, (hidden, cell))
        for row, request in enumerate(requests):
            request["left"] -= 1
            request["next"] = int(scores[row, -1].argmax())
            request["state"] = (hidden[:, row : row + 1], cell[:, row : row + 1])

    @staticmethod
    def criterion(cache, request_id):
        """Is asked whether the piece that was just returned is the last one of its request."""

        def ends(_piece):
            over = cache[request_id]["left"] <= 0
            if over:
                del cache[request_id]
            return over

        return ends
