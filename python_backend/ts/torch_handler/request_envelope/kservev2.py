"""The open inference protocol (KServe v2): named, typed, shaped tensors in and out, one request a batch."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope
from ts.torch_handler.request_envelope.payload import json_object

_DATATYPES = {
    "bool": "BOOL",
    **{f"{kind}int{bits}": f"{kind.upper()}INT{bits}" for kind in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"FP{bits}" for bits in (16, 32, 64)},
}


class KServev2Envelope(BaseEnvelope):
    """The handler gets the first request's ``inputs``, each with its ``data`` as nested lists of its ``shape``.

    The handler's results are its outputs, in the order of the inputs and under their names.
    """

    def parse_input(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The inputs. Leaves ``input_names``, and ``input_request_id`` if the request has an id, on the context."""
        payload = json_object(data[0], 0, "inputs")
        inputs = payload["inputs"]
        for index, tensor in enumerate(inputs):
            for key in ("name", "shape", "datatype", "data"):
                if key not in tensor:
                    raise ValueError(f'input {index} lacks "{key}": each is {{"name", "shape", "datatype", "data"}}')
        shaped = [{**tensor, "data": _shaped(tensor)} for tensor in inputs]
        request_id = payload.get("id")
        if request_id and str(request_id).strip():
            self.context.input_request_id = request_id
        self.context.input_names = [tensor["name"] for tensor in inputs]
        return shaped

    def format_output(self, data: list[Any]) -> list[dict[str, Any]]:
        """``[{"id", "model_name", "model_version", "outputs"}]``, with the request's id or else the worker's."""
        context = self.context
        names = context.__dict__.pop("input_names")
        request_id = context.__dict__.pop("input_request_id", None)
        if len(data) > len(names):
            raise IndexError(f"the handler gave {len(data)} outputs for {len(names)} inputs, whose names they take")
        model = context.manifest["model"]
        return [
            {
                "id": request_id or context.get_request_id(0),
                "model_name": model.get("modelName"),
                "model_version": model.get("modelVersion"),
                "outputs": [_output(name, result) for name, result in zip(names, data)],
            }
        ]


def _shaped(tensor: dict[str, Any]) -> Any:
    """The flat ``data`` of an input as nested lists of its shape; the first text of a ``BYTES`` input."""
    import numpy

    if tensor["datatype"] == "BYTES":
        return tensor["data"][0]
    values = numpy.array(tensor["data"])
    try:
        return values.reshape(tensor["shape"]).tolist()
    except ValueError as error:
        raise ValueError(
            f"input {tensor['name']!r} has {values.size} values, which do not fill its shape {tensor['shape']}"
        ) from error


def _output(name: str, result: Any) -> dict[str, Any]:
    import numpy

    values = numpy.array(result)
    return {
        "name": name,
        "datatype": _DATATYPES.get(str(values.dtype), "BYTES"),
        "data": values.reshape(-1).tolist(),
        "shape": [int(values.size)],
    }
