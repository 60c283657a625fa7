"""The release of TorchServe that these modules are compatible with."""

from pathlib import Path

# Not torchbridge's own version: handlers compare `ts.__version__` with releases of TorchServe, so the number is that of
# the release whose behaviour they get.
__version__ = Path(__file__).with_name("version.txt").read_text(encoding="utf-8").strip()
