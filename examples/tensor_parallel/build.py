"""Teaches the model to count, and writes what plain PyTorch, in one process, goes on with."""

import json
from pathlib import Path

import torch

from model import LETTERS, WINDOW, Writer, indices

BUILD = Path(__file__).parent / "build"
BUILD.mkdir(exist_ok=True)
LENGTH = 40

torch.manual_seed(0)
torch.set_num_threads(1)
numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
text = torch.tensor(indices(", ".join(numbers * 4) + ", "))
model = Writer()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for _ in range(150):
    starts = torch.randint(len(text) - WINDOW, (16,))
    windows = torch.stack([text[start : start + WINDOW + 1] for start in starts])
    scores = model.head(model.states(windows[:, :-1]))
    loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.3f}")
torch.save(model.state_dict(), BUILD / "writer.pt")

model.eval()
for number, prompt in enumerate(["one, two, ", "nine, ten, eleven, twelve, "]):
    seen, written = indices(prompt), ""
    with torch.inference_mode():
        while len(written) < LENGTH:
            seen.append(int(model(torch.tensor([seen[-WINDOW:]]))[0].argmax()))
            written += LETTERS[seen[-1]]
    (BUILD / f"prompt{number}.json").write_text(json.dumps({"prompt": prompt, "length": LENGTH}))
    (BUILD / f"continuation{number}.txt").write_text(written)
    print(repr(prompt + written))
