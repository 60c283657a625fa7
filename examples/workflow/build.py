"""Trains both models on pictures that it draws, and makes three pictures with the answers to them."""

import io
import json
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from colour_model import Colour
from functions import decide, read
from shape_model import Shape

BUILD = Path(__file__).parent / "build"
BUILD.mkdir(exist_ok=True)
RGB = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}


def draw(colour, shape, random):
    """One shape on black, of any size and place, and not quite of the pure colour."""

    def whole(least, most):
        return int(torch.randint(least, most + 1, (1,), generator=random))

    size, left, top = whole(10, 16), whole(0, 7), whole(0, 7)
    right, bottom = left + size, top + size
    picture = Image.new("RGB", (24, 24))
    pen = ImageDraw.Draw(picture)
    ink = tuple(whole(170, 255) if part else whole(0, 70) for part in RGB[colour])
    if shape == "circle":
        pen.ellipse((left, top, right, bottom), fill=ink)
    elif shape == "square":
        pen.rectangle((left, top, right, bottom), fill=ink)
    else:
        pen.polygon(((left, bottom), (right, bottom), (left + size // 2, top)), fill=ink)
    return picture


def png(picture):
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def train(model, pictures, answers):
    torch.manual_seed(0)
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    adam = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        adam.zero_grad()
        torch.nn.functional.cross_entropy(model(pictures), answers).backward()
        adam.step()
    right = (model(pictures).argmax(dim=1) == answers).float().mean()
    assert right > 0.95, f"{type(model).__name__} is right in {right:.0%} of the pictures it has seen"
    return model.eval()


random = torch.Generator().manual_seed(0)
drawn = [(c, s) for c in range(3) for s in range(3) for _ in range(60)]
pictures = [png(draw(Colour.names[c], Shape.names[s], random)) for c, s in drawn]
tensors = torch.cat([read([{"body": picture}], None)[0] for picture in pictures])
colour = train(Colour(), tensors, torch.tensor([c for c, _ in drawn]))
shape = train(Shape(), tensors, torch.tensor([s for _, s in drawn]))
torch.save(colour.state_dict(), BUILD / "colour.pth")
torch.save(shape.state_dict(), BUILD / "shape.pth")

for colour_name, shape_name in (("red", "circle"), ("green", "triangle"), ("blue", "square")):
    picture = png(draw(colour_name, shape_name, random))
    with torch.no_grad():
        (tensor,) = read([{"body": picture}], None)
        probabilities = {
            node: json.dumps(dict(zip(model.names, torch.softmax(model(tensor), dim=1)[0].tolist())))
            for node, model in (("colour", colour), ("shape", shape))
        }
    (answer,) = decide([probabilities], None)
    (BUILD / f"{colour_name}-{shape_name}.png").write_bytes(picture)
    (BUILD / f"{colour_name}-{shape_name}.json").write_text(json.dumps(answer))
    print(f"{colour_name} {shape_name}: {answer}")
