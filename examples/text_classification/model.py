"""A bag of words and pairs of words."""

import torch


class Opinion(torch.nn.Module):
    """Takes the words of all texts (W), and where each text begins (N); gives scores N x 2."""

    WORDS = 400

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(self.WORDS, 16)
        self.classes = torch.nn.Linear(16, 2)

    def forward(self, text, offsets):
        return self.classes(self.embedding(text, offsets))
