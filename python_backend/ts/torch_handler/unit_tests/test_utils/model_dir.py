"""Model folders for the unit tests of handlers."""

from __future__ import annotations

import shutil
import urllib.request
from pathlib import Path

#: The folder four levels above this file.
REPO_DIR = Path(__file__).parents[4]


def download_model(model_url: str, model_dir: Path) -> None:
    """Put the file of that URL into ``model_dir`` as ``model.pt``. It is fetched once, and kept in ``.cache``."""
    cached = REPO_DIR / ".cache" / model_url.rpartition("/")[2]
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        partial = cached.with_name(cached.name + ".part")
        urllib.request.urlretrieve(model_url, partial)
        partial.replace(cached)
    shutil.copy(cached, Path(model_dir) / "model.pt")


def copy_files(src_dir: Path, dst_dir: Path, files: dict[str, str]) -> None:
    """Copy ``src_dir/<name>`` to ``dst_dir/<new name>`` for each ``{name: new name}``."""
    for name, new_name in files.items():
        shutil.copy(Path(src_dir) / name, Path(dst_dir) / new_name)
