"""Makes the model, a picture, and the answer that plain PyTorch gives.

The weights are generated, not trained: what the example shows is the way of a picture, not the knowledge of a model.
"""

import json
from pathlib import Path

import torch
import torchvision
from PIL import Image
from torchvision import transforms

HERE = Path(__file__).parent
BUILD = HERE / "build"
BUILD.mkdir(exist_ok=True)

torch.manual_seed(0)
model = torchvision.models.resnet18(num_classes=10).eval()
torch.jit.script(model).save(str(BUILD / "resnet18.pt"))

across, down = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="xy")
pixels = torch.stack([across, down, (across * down) % 256], dim=2).to(torch.uint8)
picture = Image.fromarray(pixels.numpy())
picture.save(BUILD / "picture.png")

prepare = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ]
)
names = json.loads((HERE / "index_to_name.json").read_text())
with torch.inference_mode():
    best = torch.topk(torch.softmax(model(prepare(picture).unsqueeze(0)), dim=1)[0], 5)
answer = {names[str(index)]: value for index, value in zip(best.indices.tolist(), best.values.tolist())}
(BUILD / "expected.json").write_text(json.dumps(answer, indent=2))
print(json.dumps(answer, indent=2))
