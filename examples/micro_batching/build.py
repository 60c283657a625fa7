"""Makes six pictures, each of one colour, and the answers to them."""

import json
from pathlib import Path

from PIL import Image

BUILD = Path(__file__).parent / "build"
BUILD.mkdir(exist_ok=True)

COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "grey": (102, 102, 102),
    "orange": (255, 153, 0),
    "black": (0, 0, 0),
}
for name, colour in COLOURS.items():
    Image.new("RGB", (320, 240), colour).save(BUILD / f"{name}.png")
    answer = dict(zip(("red", "green", "blue"), (value / 255 for value in colour)))
    (BUILD / f"{name}.json").write_text(json.dumps(answer))
    print(name, answer)
