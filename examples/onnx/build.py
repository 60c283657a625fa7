"""Exports a model to ONNX, and writes the answer that plain PyTorch gives."""

import json
from pathlib import Path

import torch

HERE = Path(__file__).parent
BUILD = HERE / "build"
BUILD.mkdir(exist_ok=True)

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).eval()
values = torch.tensor([json.loads((HERE / "request.json").read_text())["values"]])
torch.onnx.export(
    model,
    (values,),
    str(BUILD / "model.onnx"),
    input_names=["values"],
    output_names=["scores"],
    dynamic_axes={"values": {0: "batch"}, "scores": {0: "batch"}},
    dynamo=False,
)
with torch.inference_mode():
    answer = model(values)[0].tolist()
(BUILD / "expected.json").write_text(json.dumps(answer))
print(answer)
