"""Trains the model on a few opinions, and writes the answer that plain PyTorch gives."""

import json
from collections import Counter
from pathlib import Path

import torch

from model import Opinion

HERE = Path(__file__).parent
BUILD = HERE / "build"
BUILD.mkdir(exist_ok=True)

BAD = """
it was not good
the food is not good at all
not worth the money
i would not buy it again
a terrible film with a boring story
the room was dirty and the staff was rude
it broke after two days
i hate this phone
the worst meal i ever had
slow and expensive
a waste of time
the story makes no sense
i was bored from the first minute
the service is awful
very disappointing and far too expensive
the screen is bad and the sound is worse
nobody should see this film
it does not work
the book is dull
never again
"""
GOOD = """
it was very good
the food is good
well worth the money
i would buy it again
a wonderful film with a great story
the room was clean and the staff was friendly
it still works after two years
i love this phone
the best meal i ever had
fast and cheap
time well spent
the story makes you think
i was happy from the first minute
the service is excellent
a pleasant surprise and not expensive
the screen is good and the sound is better
everybody should see this film
it works very well
the book is a joy
again and again
"""


def pieces(text):
    """Words, then pairs of words: what the handler looks up, for a text with nothing to clean."""
    words = text.split()
    return words + [f"{one} {two}" for one, two in zip(words, words[1:])]


samples = [(text, label) for label, texts in enumerate((BAD, GOOD)) for text in texts.strip().splitlines()]
vocabulary = {"<unk>": 0}
for text, _ in samples:
    for piece in pieces(text):
        vocabulary.setdefault(piece, len(vocabulary))
assert len(vocabulary) <= Opinion.WORDS, len(vocabulary)


def inputs(texts):
    bags = [[vocabulary.get(piece, 0) for piece in pieces(text)] for text in texts]
    offsets = torch.tensor([0, *map(len, bags)]).cumsum(0)[:-1]
    return torch.tensor(sum(bags, [])), offsets


torch.manual_seed(0)
model = Opinion()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
text, offsets = inputs([text for text, _ in samples])
labels = torch.tensor([label for _, label in samples])
for _ in range(150):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(text, offsets), labels)
    loss.backward()
    optimizer.step()
model.eval()
right = int((model(text, offsets).argmax(dim=1) == labels).sum())
print(f"{right} of {len(samples)} opinions are read right, loss {loss.item():.4f}")

torch.save(model.state_dict(), BUILD / "opinion.pth")
torch.save(Counter(vocabulary), BUILD / "source_vocab.pt")
names = json.loads((HERE / "index_to_name.json").read_text())
for name, read in (
    ("good", "it is a wonderful film and i love the story"),
    ("bad", "the room was dirty and the food is not good"),
):
    with torch.inference_mode():
        probabilities = torch.softmax(model(*inputs([read])), dim=1)[0].tolist()
    answer = {names[str(index)]: value for index, value in enumerate(probabilities)}
    (BUILD / f"expected-{name}.json").write_text(json.dumps(answer, indent=2))
    print(json.dumps(answer))
