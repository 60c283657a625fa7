"""One of the texts that a request asks for, while it grows."""

from __future__ import annotations


class Choice:
    """Ends at a stop text, which it leaves out, or at the most tokens.

    :param stop: texts that end it.
    :param max_tokens: None: as many as come.
    :param begin: what stands before anything is written.
    :ivar text: so far; what may become a stop text is in it.
    :ivar tokens: written so far.
    :ivar reason: None while it grows; then ``"stop"``, ``"length"`` or what it was finished with.
    """

    def __init__(self, stop: list[str], max_tokens: int | None, begin: str = "") -> None:
        self._stop = stop
        self._max_tokens = max_tokens
        self.text = begin
        self.tokens = 0
        self.reason: str | None = "length" if max_tokens == 0 else None
        # What comes before can belong to no stop text.
        self._safe = len(begin)
        self._shown = 0

    def write(self, text: str, tokens: int) -> None:
        """Adds text of so many tokens, unless it has ended."""
        if self.reason is not None:
            return
        self.text += text
        self.tokens += tokens
        ends = [at for at in (self.text.find(stop, self._safe) for stop in self._stop) if at >= 0]
        if ends:
            self.text = self.text[: min(ends)]
            self.finish("stop")
        elif self._max_tokens is not None and self.tokens >= self._max_tokens:
            self.finish("length")
        else:
            self._safe = len(self.text) - self._held()

    def finish(self, reason: str) -> None:
        """Ends it, unless it has ended."""
        if self.reason is None:
            self.reason = reason
            self._safe = len(self.text)

    def fresh(self) -> str:
        """What can be shown and was not."""
        text = self.text[self._shown : self._safe]
        self._shown = self._safe
        return text

    def _held(self) -> int:
        """How many characters at the end may be the beginning of a stop text."""
        longest = max((len(stop) for stop in self._stop), default=1) - 1
        fresh = len(self.text) - self._safe
        for length in range(min(longest, fresh), 0, -1):
            tail = self.text[-length:]
            if any(stop.startswith(tail) for stop in self._stop):
                return length
        return 0
