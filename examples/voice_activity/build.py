"""Takes the weights of Silero VAD out of its package, and writes what plain PyTorch says to `speech.wav`."""

import json
import subprocess
import sys
import wave
import zipfile
from pathlib import Path

import torch

VERSION = "6.2.3"
HERE = Path(__file__).parent
BUILD = HERE / "build"
BUILD.mkdir(exist_ok=True)

# Without what the package depends on: the weights are TorchScript, and need torch alone.
command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(BUILD)]
subprocess.run([*command, f"silero-vad=={VERSION}"], check=True)
with zipfile.ZipFile(next(BUILD.glob("silero_vad-*.whl"))) as package:
    (BUILD / "silero_vad.pt").write_bytes(package.read("silero_vad/data/silero_vad.jit"))

with wave.open(str(HERE / "speech.wav")) as recording:
    samples = torch.frombuffer(bytearray(recording.readframes(recording.getnframes())), dtype=torch.int16) / 32768
model = torch.jit.load(str(BUILD / "silero_vad.pt"))
with torch.inference_mode():
    chances = [model(piece, 16000).item() for piece in samples.split(512) if len(piece) == 512]
(BUILD / "expected.json").write_text(json.dumps(chances))
print(f"{len(chances)} pieces of 32 ms, {sum(chance > 0.5 for chance in chances)} of them speech")
