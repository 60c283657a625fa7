"""Partial answers, and classes by name."""

from __future__ import annotations

import importlib
from typing import Any

from ts_worker.pieces import send_pieces


def import_class(class_name: str, module_prefix: str | None = None) -> type:
    """The class of that name.

    :param class_name: ``"package.module.Class"``, or ``"Class"`` with ``module_prefix``.
    :param module_prefix: the module, where ``class_name`` has none.
    :raises ImportError: if a name is missing or there is no such class.
    """
    if not class_name:
        raise ImportError("class name is not defined")
    module_name, _, name = class_name.rpartition(".")
    if module_prefix is not None:
        module_name = f"{module_prefix}.{module_name}" if module_name else module_prefix
    if not module_name:
        raise ImportError("module name is not defined.")
    found = getattr(importlib.import_module(module_name), name, None)
    if found is None:
        raise ImportError(f"class:{name} not found in module:{module_name}.")
    return found


def send_intermediate_predict_response(
    ret: list[Any], req_id_map: dict[int, str], message: str, code: int, context: Any
) -> None:
    """Send each of some requests the next part of its answer, at once. Safe from any thread.

    :param ret: the parts; text, bytes, a tensor or anything JSON can carry.
    :param req_id_map: ``{index in ret: request id}``. Of a micro-batch it names that part of the batch only.
    :param message: a remark; clients do not see it.
    :param code: 200.
    :param context: the worker's context.

    The response header ``ts_stream_next`` says ``true``; on the last part, which ``handle`` returns, ``false``. On the
    ranks other than 0 of a parallel model nothing is sent.
    """
    send_pieces(ret, req_id_map, context)


def __getattr__(name: str) -> Any:
    # Older handlers look for it here.
    if name == "create_predict_response":
        return importlib.import_module("ts.protocol.otf_message_handler").create_predict_response
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
