"""A request that cannot be answered, as OpenAI's clients are told of it."""

from __future__ import annotations

from typing import Any


class RequestError(Exception):
    """Something is wrong with one request.

    :param message: what, and what would be right.
    :param param: the parameter that is at fault, if it is one.
    :param status: the HTTP status, 400 unless given. The client raises ``BadRequestError``, ``NotFoundError`` and so on
        by it.
    :param code: a word that programs can match on.
    """

    def __init__(self, message: str, param: str | None = None, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.status = status
        self.code = code

    def document(self) -> dict[str, Any]:
        """``{"error": {"message", "type", "param", "code"}}``."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}
