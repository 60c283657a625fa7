"""Asks as any program does that was written for OpenAI: python ask.py [http://localhost:8080/v1]"""

import sys

from openai import OpenAI

address = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080/v1"
# Where the server asks for tokens, the key is its inference token.
client = OpenAI(base_url=address, api_key="none")

print("models:", ", ".join(model.id for model in client.models.list()))

text = client.completions.create(model="writer", prompt="Beware the Jab", max_tokens=48, temperature=0)
print("completion:", repr(text.choices[0].text))

print("chat:", end=" ")
messages = [{"role": "user", "content": "Beware the Jab"}]
for chunk in client.chat.completions.create(
    model="writer", messages=messages, max_tokens=48, temperature=0, stream=True
):
    print(repr(chunk.choices[0].delta.content or "")[1:-1], end="", flush=True)
print()

vorpal, sword, beamish = (
    entry.embedding for entry in client.embeddings.create(model="writer", input=["vorpal", "vorpal sword", "boy"]).data
)
print(
    "nearer to each other than to the third:",
    bool(sum(a * b for a, b in zip(vorpal, sword)) > sum(a * b for a, b in zip(vorpal, beamish))),
)
