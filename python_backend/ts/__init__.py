"""What handlers written for TorchServe import. Light: torch is imported by the modules that need it."""

from ts import version
from ts.version import __version__

__all__ = ["__version__", "version"]
