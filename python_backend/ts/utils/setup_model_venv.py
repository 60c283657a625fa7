"""Make the virtual environment of one model: ``python setup_model_venv.py <folder>``.

It sees the packages of the interpreter that runs this script, after its own: those of a model's requirements.txt come
first.
"""

from __future__ import annotations

import glob
import os
import site
import sys
import venv


def create_venv(venv_path: str) -> None:
    """Make the environment with pip in it; whatever is in the folder is removed first."""
    venv.EnvBuilder(clear=True, with_pip=True).create(venv_path)


def inherit_site_packages(venv_path: str) -> None:
    """Let the environment see the package folders of the running interpreter: the user's, then the global ones.

    Lines that are run, since what such a folder's own .pth files add would not be found through a plain one.
    """
    folders = [site.getusersitepackages(), *site.getsitepackages()]
    inherited = [f"import site; site.addsitedir({folder!r})" for folder in folders]
    for packages in glob.glob(os.path.join(venv_path, "lib", "python*", "site-packages")):
        with open(os.path.join(packages, "inherited-site-packages.pth"), "w", encoding="utf-8") as file:
            file.write("\n".join(inherited) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: setup_model_venv.py <folder of the virtual environment>")
    # Run by its path, this folder is on sys.path.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    create_venv(sys.argv[1])
    inherit_site_packages(sys.argv[1])
