"""What is kept of one stream of sound, and what is heard in it."""

import copy

import torch

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
        for begin in range(0, whole, PIECE):
            chance = self.model(samples[begin : begin + PIECE], RATE).item()
            if self.speaking != (chance > (ENDS if self.speaking else BEGINS)):
                self.speaking = not self.speaking
                changes.append({"speech": "begins" if self.speaking else "ends", "seconds": self.heard / RATE})
            self.heard += PIECE
            chances.append(chance)
        return {"seconds": self.heard / RATE, "speaking": self.speaking, "changes": changes, "chances": chances}
