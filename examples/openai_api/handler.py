"""OpenAI's API over continuous batches: whoever asks, all texts get their next letter together."""

import torch
from ts.openai import (
    EmbeddingRequest,
    RequestError,
    embeddings_document,
    models_document,
    read_request,
    refuse,
    route_of,
)
from ts.torch_handler.base_handler import BaseHandler

from model import indices
from writing import Whole, Writing


class Writer(BaseHandler):
    # What it answers, at /v1/... and behind its name in /predictions/writer/1.0/v1/...
    openai_routes = ("v1/chat/completions", "v1/completions", "v1/embeddings")

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
        for index, (request_id, row) in enumerate(zip(ids, data)):
            if request_id not in context.cache:
                context.cache[request_id] = self.begin(row, context, index)
        requests = [context.cache[request_id] for request_id in ids]
        self.step([text for request in requests for text in request.texts])
        context.stopping_criteria = [request.is_over for request in requests]
        return [request.piece() for request in requests]

    def begin(self, row, context, index):
        """Reads a request. What is wrong with it is answered to its client alone."""
        try:
            if route_of(context, index) == "v1/models":
                return Whole(models_document(context))
            request = read_request(row, context, index)
            if isinstance(request, EmbeddingRequest):
                return Whole(self.embed(request))
            return Writing(request, context, index, self.read)
        except RequestError as error:
            return Whole(refuse(error, context, index))

    def read(self, letters):
        """What may come after some letters, and the state that goes on from there."""
        scores, state = self.model(torch.tensor([letters or [0]], device=self.device))
        return scores[0, -1], state

    def step(self, texts):
        """One letter further, for all of them at once."""
        for text in texts:
            text.write()
        texts = [text for text in texts if text.wants_more]
        if texts:
            letters = torch.tensor([[text.letter] for text in texts], device=self.device)
            hidden, cell = (torch.cat(part, dim=1) for part in zip(*(text.state for text in texts)))
            scores, (hidden, cell) = self.model(letters, (hidden, cell))
            for row, text in enumerate(texts):
                text.scores = scores[row, -1]
                text.state = (hidden[:, row : row + 1], cell[:, row : row + 1])

    def embed(self, request):
        """The mean of what the model keeps in mind at each letter, of length 1."""
        letters = [indices(text) if isinstance(text, str) else text for text in request.inputs]
        minds = [self.model.memory(self.model.embedding(torch.tensor([row or [0]])))[0][0].mean(0) for row in letters]
        vectors = torch.nn.functional.normalize(torch.stack(minds))
        return embeddings_document(request, vectors, sum(map(len, letters)))
