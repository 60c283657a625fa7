"""The message classes, and that they are those of proto/worker.proto."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ts_worker import messages

PROTO = Path(__file__).parents[3] / "proto" / "worker.proto"


@pytest.mark.skipif(not PROTO.exists(), reason="the contract is not part of an installed package")
def test_every_message_and_field_of_the_contract_is_there() -> None:
    text = re.sub(r"//.*", "", PROTO.read_text())
    found = re.findall(r"^message (\w+) \{(\}|.*?^\})", text, re.S | re.M)
    assert len(found) > 15
    for name, body in found:
        fields = dict(re.findall(r"(\w+) = (\d+);", body))
        descriptor = messages._pool.FindMessageTypeByName(f"{messages.PACKAGE}.{name}")
        assert {field.name: str(field.number) for field in descriptor.fields} == fields


def test_codes_are_those_of_the_contract() -> None:
    text = PROTO.read_text() if PROTO.exists() else ""
    body = re.search(r"enum Code \{(.*?)\}", text, re.S)
    if body:
        for name, number in re.findall(r"(\w+) = (\d+);", body.group(1)):
            assert getattr(messages.Code, name) == int(number)
    assert messages.MetricType.HISTOGRAM == 2


def test_a_message_survives_the_wire() -> None:
    sent = messages.FromWorker(results=[messages.BatchResult(batch_id=2**40, code=messages.Code.BATCH_MISMATCH)])
    sent.results[0].answers.add(status=418, phrase="teapot", headers=["a", "b"], body=b"\0\xff")
    received = messages.FromWorker.FromString(sent.SerializeToString())
    assert received == sent


def test_results_are_joined_by_their_bytes() -> None:
    one, two = (messages.FromWorker(results=[messages.BatchResult(batch_id=number)]) for number in (1, 2))
    joined = messages.FromWorker.FromString(one.SerializeToString() + two.SerializeToString())
    assert [result.batch_id for result in joined.results] == [1, 2]


def test_the_pool_is_private() -> None:
    from google.protobuf import descriptor_pool

    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName(f"{messages.PACKAGE}.Hello")
