"""Where what a worker prints goes, when its parent's standard streams are not its own."""

from __future__ import annotations

import json
import os
import socket
import sys


def take_streams(worker_id: str, output: str) -> None:
    """Standard output and error become connections to the frontend's socket `output`, so that native output gets there
    too. `worker_id` is what the frontend expects them under.
    """
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(output)
            connection.sendall(json.dumps({"id": worker_id, "stream": name}).encode() + b"\n")
            os.dup2(connection.fileno(), descriptor)
    # Made anew, since the inherited ones remember whether they were files.
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = open(descriptor, "w", 1, encoding=getattr(sys, name).encoding, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
