"""Trains the model on one poem (public domain: Lewis Carroll, 1871) and writes what plain PyTorch goes on with."""

import json
from pathlib import Path

import torch

from model import LETTERS, Letters, indices

HERE = Path(__file__).parent
BUILD = HERE / "build"
BUILD.mkdir(exist_ok=True)
LENGTH = 48

torch.manual_seed(0)
torch.set_num_threads(1)
text = torch.tensor(indices((HERE / "text.txt").read_text()))
model = Letters()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(250):
    starts = torch.randint(len(text) - 65, (16,))
    windows = torch.stack([text[start : start + 65] for start in starts])
    scores, _state = model(windows[:, :-1])
    loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.3f}")
torch.save(model.state_dict(), BUILD / "letters.pt")

model.eval()
for number, (prompt, length) in enumerate([("Beware the Jab", LENGTH), ("He took his", 12), ("One, two!", LENGTH)]):
    written = ""
    with torch.inference_mode():
        scores, state = model(torch.tensor([indices(prompt)]))
        while len(written) < length:
            letter = int(scores[0, -1].argmax())
            written += LETTERS[letter]
            scores, state = model(torch.tensor([[letter]]), state)
    (BUILD / f"prompt{number}.json").write_text(json.dumps({"prompt": prompt, "length": length}))
    (BUILD / f"continuation{number}.txt").write_text(written)
    print(repr(prompt + written))
