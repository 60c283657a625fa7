"""A batch that fails: the code and the text that cross the link."""

from __future__ import annotations

from ts_worker.messages import Code


class BatchFailure(Exception):
    """Every request of the batch is answered with this."""

    def __init__(self, code: int, message: str, status: int = 0) -> None:
        """`status` is the HTTP status that a handler chose; only with `Code.HANDLER_STATUS`."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @property
    def http_status(self) -> int:
        """What a client gets unless the frontend decides otherwise."""
        if self.code == Code.HANDLER_STATUS:
            return self.status
        return 507 if self.code == Code.OUT_OF_RESOURCES else 503


class CallersGone(Exception):
    """Raised where a handler sends a part of a result that nobody waits for any more, to end its work."""

    def __init__(self) -> None:
        super().__init__("Every caller of the batch has gone.")


def prediction_failed() -> BatchFailure:
    """The handler, or what it left on the context, made something raise that no other code describes."""
    return BatchFailure(Code.PREDICTION_FAILED, "Prediction failed")
