"""What a worker does for the trace of a batch."""

import builtins

import pytest

from ts_worker import tracing
from ts_worker.messages import Batch, BatchResult

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"


def traced() -> Batch:
    batch = Batch(id=1)
    batch.trace.traceparent = f"00-{TRACE_ID}-{SPAN_ID}-01"
    batch.trace.tracestate = "a=1"
    return batch


def test_a_batch_without_a_trace_costs_nothing_and_tells_nothing() -> None:
    batch, result = Batch(id=1), BatchResult()
    tracing.begin(batch, result)
    with tracing.handling(batch, result):
        pass
    assert not result.HasField("times")


def test_the_times_of_a_traced_batch_are_told() -> None:
    batch, result = traced(), BatchResult()
    tracing.begin(batch, result)
    with tracing.handling(batch, result):
        pass
    times = result.times
    assert 0 < times.began_unix_us <= times.handler_began_unix_us
    assert times.handler_us >= 1


def test_the_handler_runs_in_the_span_of_its_batch() -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    with tracing.handling(traced(), BatchResult()):
        seen = trace.get_current_span().get_span_context()
        assert f"{seen.trace_id:032x}" == TRACE_ID
        assert f"{seen.span_id:016x}" == SPAN_ID
        assert seen.trace_flags.sampled
        assert seen.trace_state.get("a") == "1"
    assert not trace.get_current_span().get_span_context().is_valid


def test_without_opentelemetry_a_traced_handler_runs_all_the_same(monkeypatch, caplog) -> None:
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("opentelemetry"):
            raise ImportError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(tracing, "_library", tracing._library.__wrapped__)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    result = BatchResult()
    with tracing.handling(traced(), result):
        pass
    assert result.times.handler_us >= 1
    with caplog.at_level("INFO"):
        tracing.set_up()
    assert "pip install opentelemetry-sdk opentelemetry-exporter-otlp" in caplog.text


@pytest.mark.parametrize("variables", [{}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_SDK_DISABLED": "true"}])
def test_nothing_is_set_up_where_nothing_is_traced(monkeypatch, caplog, variables) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp" if "OTEL_SDK_DISABLED" in variables else "")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tracing, "_exporter", lambda: pytest.fail("no exporter is wanted"))
    tracing.set_up()
