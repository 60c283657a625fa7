"""Sequences: what a sensor sent so far is kept, and each further reading is judged by it."""

import torch


class Watch:
    """A request is one reading. Its answer says how many there were, their mean, and how far off this one is."""

    def initialize(self, context):
        self.context = context
        # Count, mean and sum of squared deviations of each sequence that this worker holds. Those that ended without a
        # word are dropped when there are more than sequences may be.
        context.cache = {}
        self.most = context.model_yaml_config["maxNumSequence"]

    def handle(self, data, context):
        ids = [context.get_sequence_id(index) for index in range(len(data))]
        readings = torch.tensor([float(bytes(row.get("data") or row.get("body"))) for row in data], dtype=torch.float64)
        states = torch.stack([self.known(index, sequence) for index, sequence in enumerate(ids)])
        count, mean, squares = states.unbind(1)
        spread = (squares / (count - 1).clamp(min=1)).sqrt()
        off = torch.where(spread > 0, (readings - mean) / spread, torch.zeros_like(readings))
        count = count + 1
        moved = mean + (readings - mean) / count
        states = torch.stack([count, moved, squares + (readings - mean) * (readings - moved)], dim=1)
        for index, sequence in enumerate(ids):
            self.keep(index, sequence, states[index])
        return [
            {"readings": int(count[index]), "mean": float(moved[index]), "off": float(off[index])}
            for index in range(len(data))
        ]

    def known(self, index, sequence):
        # The client finds the id in the answer, also where the server made it.
        self.context.set_response_header(index, self.context.header_key_sequence_id, sequence)
        if self.context.get_request_header(index, self.context.header_key_sequence_start):
            self.context.cache.pop(sequence, None)
        return self.context.cache.get(sequence, torch.zeros(3, dtype=torch.float64))

    def keep(self, index, sequence, state):
        cache = self.context.cache
        cache.pop(sequence, None)
        if self.context.get_request_header(index, self.context.header_key_sequence_end) is None:
            cache[sequence] = state
        while len(cache) > self.most:
            del cache[next(iter(cache))]
