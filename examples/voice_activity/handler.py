"""Tells, while sound comes in, when somebody begins and stops to speak."""

import torch
from ts.torch_handler.base_handler import BaseHandler

from ear import Ear


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
