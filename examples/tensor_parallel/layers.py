"""The layers of the transformer. What a rank has of them may be a part: sizes are taken from the tensors."""

from torch import nn


class Attention(nn.Module):
    """Over the letters so far. It has as many heads as the projections give, so a rank may have a part of them."""

    def __init__(self, width, head_width):
        super().__init__()
        self.head_width = head_width
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        query, key, value = (
            project(x).unflatten(-1, (-1, self.head_width)).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention, then a layer for each letter by itself."""

    def __init__(self, width):
        super().__init__()
        self.attention = Attention(width, width // 4)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, x):
        x = x + self.attention(self.norms[0](x))
        return x + self.down(nn.functional.gelu(self.up(self.norms[1](x))))
