"""Requests that run: what they bring from step to step."""

import torch
from ts.openai import RequestError, TextReply, begin_events

from model import LETTERS, indices

LONGEST = 400


class Whole:
    """One that is answered in its first step."""

    texts = ()

    def __init__(self, document):
        self.document = document

    def piece(self):
        return self.document

    def is_over(self, _piece):
        """It is no stream."""
        return None


class Writing:
    """One that asks for text: a step brings a letter of each of its texts."""

    def __init__(self, request, context, index, read):
        self.stream = request.stream
        self.reply = TextReply(request, context.get_request_id(index))
        prompts = [" ".join(one["content"] for one in request.messages)] if request.is_chat else request.prompts
        letters = [letters_of(prompt) for prompt in prompts]
        self.reply.prompt_tokens = sum(map(len, letters))
        self.texts = [
            Text(self.reply, choice, request, *read(letters[choice // request.n])) for choice in self.reply.open
        ]
        if self.stream:
            begin_events(context, index)
        else:
            context.set_response_content_type(index, "application/json")

    def piece(self):
        """What is new, or all of it at the end."""
        if self.stream:
            return self.reply.events()
        return self.reply.document() if self.reply.done else ""

    def is_over(self, _piece):
        """Is asked whether the piece that was just returned is the last one."""
        return self.reply.done


class Text:
    """One of the texts of a request."""

    def __init__(self, reply, choice, request, scores, state):
        self.reply, self.choice = reply, choice
        self.scores, self.state = scores, state
        self.temperature = request.temperature
        self.chance = torch.Generator()
        if request.seed is None:
            self.chance.seed()
        else:
            self.chance.manual_seed(request.seed + choice)
        self.length = 0
        self.wants_more = True

    def write(self):
        """Chooses the next letter: the likeliest where the temperature is 0."""
        if not self.wants_more:
            return
        if self.temperature == 0:
            self.letter = int(self.scores.argmax())
        else:
            chances = torch.softmax(self.scores.cpu() / self.temperature, dim=0)
            self.letter = int(torch.multinomial(chances, 1, generator=self.chance))
        self.length += 1
        self.wants_more = self.reply.write(LETTERS[self.letter], self.choice)
        if self.wants_more and self.length == LONGEST:
            self.reply.finish(self.choice, "length")
            self.wants_more = False


def letters_of(prompt):
    """A prompt is a text, or tokens: places in the alphabet."""
    if isinstance(prompt, str):
        return indices(prompt)
    if all(0 <= letter < len(LETTERS) for letter in prompt):
        return prompt
    raise RequestError(f"Parameter prompt takes tokens from 0 to {len(LETTERS) - 1}.", "prompt")
