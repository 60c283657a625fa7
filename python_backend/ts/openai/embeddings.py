"""The answer to a request for embeddings."""

from __future__ import annotations

import base64
import sys
from array import array
from typing import Any

from ts.openai.errors import RequestError
from ts.openai.requests import EmbeddingRequest


def embeddings_document(request: EmbeddingRequest, vectors: Any, prompt_tokens: int = 0) -> dict[str, Any]:
    """The whole answer.

    :param vectors: one for each input, in their order: an N x D tensor or array, or N sequences of D numbers.
    :param prompt_tokens: of all inputs, for ``usage``.
    :raises RequestError: if ``dimensions`` was asked for and they have another number.
    :raises ValueError: if there are more or fewer than inputs.
    """
    rows = [[float(number) for number in row] for row in (vectors.tolist() if hasattr(vectors, "tolist") else vectors)]
    if len(rows) != len(request.inputs):
        raise ValueError(f"there are {len(rows)} vectors for {len(request.inputs)} inputs")
    wanted = request.dimensions
    if wanted is not None and rows and len(rows[0]) != wanted:
        raise RequestError(f"This model embeds in {len(rows[0])} dimensions, not in {wanted}.", "dimensions")
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _as_text(row) if request.base64 else row}
            for index, row in enumerate(rows)
        ],
        "model": request.model,
        "usage": {"prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens},
    }


def _as_text(row: list[float]) -> str:
    numbers = array("f", row)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode("ascii")
