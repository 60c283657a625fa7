"""Tells, while sound comes in, when somebody begins and stops to speak."""

import copy

import torch
from ts.torch_handler.base_handler import BaseHandler

RATE = 16000
# The model hears 32 ms at a time.
PIECE = 512
# It begins at one chance of speech and ends at a lower one, so that it does not flicker between them.
BEGINS, ENDS = 0.5, 0.35


class Ear:
    """What is kept of one sequence: the model's own state, what is left of the last message, and where we are."""

    def __init__(self, model):
        self.model = copy.deepcopy(model)
        self.model.reset_states()
        self.rest = torch.empty(0)
        self.heard = 0
        self.speaking = False

    def hear(self, samples):
        chances, changes = [], []
        samples = torch.cat([self.rest, samples])
        whole = len(samples) // PIECE * PIECE
        self.rest = samples[whole:]
        for piece in samples[:whole].split(PIECE):
            chance = self.model(piece, RATE).item()
            if self.speaking != (chance > (ENDS if self.speaking else BEGINS)):
                self.speaking = not self.speaking
                changes.append({"speech": "begins" if self.speaking else "ends", "seconds": self.heard / RATE})
            self.heard += PIECE
            chances.append(chance)
        return {"seconds": self.heard / RATE, "speaking": self.speaking, "changes": changes, "chances": chances}


class VoiceActivity(BaseHandler):
    """Messages are 16-bit samples of one channel at 16 kHz, of any length."""

    def initialize(self, context):
        super().initialize(context)
        self.ears = {}

    def handle(self, data, context):
        self.context = context
        return [self.answer(index, row) for index, row in enumerate(data)]

    @torch.inference_mode()
    def answer(self, index, row):
        sequence = self.context.get_sequence_id(index)
        ear = self.ears[sequence] = self.ears.get(sequence) or Ear(self.model)
        sound = bytearray(row.get("data") or row.get("body") or b"")
        heard = ear.hear(torch.frombuffer(sound, dtype=torch.int16) / 32768 if sound else torch.empty(0))
        if self.context.get_request_header(index, self.context.header_key_sequence_end) == "true":
            del self.ears[sequence]
        self.context.set_response_content_type(index, "application/json")
        return heard
