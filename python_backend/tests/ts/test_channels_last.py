"""Networks whose convolutions compute channels last: the same answers, and the usual layout for those that need it."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import nn

from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.channels_last import ChannelsLast


class Network(nn.Module):
    """Two convolutions of 10,080 weights and a linear layer: as most are, with ``flatten`` before it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 32, 3, padding=1)
        self.second = nn.Conv2d(32, 32, 3, padding=1)
        self.last = nn.Linear(32 * 8 * 8, 5)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.second(torch.relu(self.first(x))))

    def forward(self, x: torch.Tensor) -> Any:
        return self.last(torch.flatten(self.features(x), 1))


class Viewing(Network):
    """What many have in place of ``flatten``: ``view``, which a tensor that lies channels last refuses."""

    def forward(self, x: torch.Tensor) -> Any:
        return self.last(self.features(x).view(x.size(0), -1))


class ViewingPairs(Network):
    """Views batches of two only."""

    def forward(self, x: torch.Tensor) -> Any:
        features = self.features(x)
        return self.last(features.view(2, -1) if x.size(0) == 2 else features.flatten(1))


class Maps(Network):
    """Gives maps, in a dict and a tuple."""

    def forward(self, x: torch.Tensor) -> Any:
        features = self.features(x)
        return {"out": features, "more": (features.flatten(2), "text")}


def made(network: type[Network]) -> Network:
    torch.manual_seed(0)
    return network().eval()


def batch(size: int = 3, pixels: int = 8) -> torch.Tensor:
    return torch.rand(size, 3, pixels, pixels, generator=torch.Generator().manual_seed(size))


def answer(model: nn.Module, data: torch.Tensor) -> Any:
    with torch.inference_mode():
        return model(data)


def is_turned(model: Any) -> bool:
    return bool(model.second.weight.is_contiguous(memory_format=torch.channels_last))


def test_the_weights_are_turned_and_the_answers_are_the_same() -> None:
    model, data = made(Network), batch()
    expected = answer(model, data)
    runner = ChannelsLast(model, None)
    assert not is_turned(model), "nothing is turned before the first batch"
    found = runner.infer(data)
    assert is_turned(model)
    assert found.is_inference()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(runner.infer(data), expected, rtol=1e-5, atol=1e-6)


def test_a_state_dict_still_loads_and_is_saved_alike() -> None:
    model = made(Network)
    ChannelsLast(model, None).infer(batch())
    fresh = made(Network)
    for name, saved in model.state_dict().items():
        assert torch.equal(saved, fresh.state_dict()[name])
    with torch.no_grad():
        fresh.first.weight.mul_(2)
    model.load_state_dict(fresh.state_dict())
    torch.testing.assert_close(answer(model, batch()), answer(fresh, batch()), rtol=1e-5, atol=1e-6)


def test_explanations_still_have_their_gradients() -> None:
    model, data = made(Network), batch(1).requires_grad_()
    (expected,) = torch.autograd.grad(model(data)[0, 0], data)
    with torch.inference_mode():
        ChannelsLast(model, None).infer(data.detach())
    (found,) = torch.autograd.grad(model(data)[0, 0], data)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("how", "named"), [(nn.Module.eval, "Viewing"), (torch.jit.script, "RecursiveScriptModule")])
def test_a_model_that_views_keeps_the_usual_layout(how: Any, named: str, caplog: pytest.LogCaptureFixture) -> None:
    model, data = how(made(Viewing)), batch()
    expected = answer(model, data)
    runner = ChannelsLast(model, None)
    with caplog.at_level(logging.INFO):
        assert torch.equal(runner.infer(data), expected)
        assert torch.equal(runner.infer(data), expected)
    assert not is_turned(model)
    (line,) = caplog.messages
    assert re.match(f"{named} does not run channels last, and keeps the usual layout: .*view size is not", line)


def test_threads_side_by_side_are_all_answered() -> None:
    model, data = made(Viewing), batch()
    expected = answer(model, data)
    runner = ChannelsLast(model, None)
    with ThreadPoolExecutor(8) as threads:
        for found in threads.map(lambda _: runner.infer(data), range(64)):
            assert torch.equal(found, expected)
    assert not is_turned(model)


def test_one_that_views_later_is_answered_all_the_same() -> None:
    model, pair = made(ViewingPairs), batch(2)
    expected = answer(model, pair)
    runner = ChannelsLast(model, None)
    runner.infer(batch(3))
    assert is_turned(model)
    assert torch.equal(runner.infer(pair), expected)
    assert not is_turned(model)


@pytest.mark.parametrize("served", [False, True])
def test_a_batch_that_does_not_fit_fails_as_ever_and_decides_nothing(served: bool) -> None:
    model = made(Network)
    runner = ChannelsLast(model, None)
    if served:
        runner.infer(batch())
    for _ in range(2):
        with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied") as raised:
            runner.infer(batch(pixels=9))
        assert raised.value.__context__ is None
    runner.infer(batch())
    assert is_turned(model)


def test_what_a_handler_gets_lies_as_ever() -> None:
    model, data = made(Maps), batch()
    expected = answer(model, data)
    found = ChannelsLast(model, None).infer(data)
    assert is_turned(model)
    maps, (flat, text) = found["out"], found["more"]
    assert maps.stride() == expected["out"].stride()
    assert flat.stride() == expected["more"][0].stride()
    assert text == "text"
    torch.testing.assert_close(maps.view(3, -1), expected["out"].view(3, -1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("how", ["script", "trace"])
def test_torchscript_is_turned_as_well(how: str) -> None:
    model, data = made(Network), batch()
    expected = answer(model, data)
    script = torch.jit.script(model) if how == "script" else torch.jit.trace(model, data)
    torch.testing.assert_close(ChannelsLast(script, None).infer(data), expected, rtol=1e-5, atol=1e-6)
    assert is_turned(script)


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (made(Network).double(), batch().double()),
        (made(Network).to(torch.bfloat16), batch().to(torch.bfloat16)),
        (nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 512, 3)), batch()),
        (small(), batch()),
        (nn.Sequential(nn.Conv3d(8, 64, 3, padding=1)), torch.rand(8, 3, 8, 8)),
        (lambda data: data * 2, batch()),
    ],
    ids=["double", "bfloat16", "computed weights", "few weights", "three dimensions", "no module"],
)
def test_others_run_as_they_are(model: Any, data: torch.Tensor) -> None:
    def strides() -> list[tuple[int, ...]]:
        return [each.stride() for each in model.parameters()] if isinstance(model, nn.Module) else []

    expected, usual = answer(model, data), strides()
    assert torch.equal(ChannelsLast(model, None).infer(data), expected)
    assert strides() == usual


def test_a_compiled_model_runs_as_it_is() -> None:
    model = made(Network)
    compiled = torch.compile(model, backend="eager")
    ChannelsLast(compiled, None).infer(batch())
    assert not is_turned(model)


@pytest.mark.parametrize(
    "yaml",
    [{"handler": {"channels_last": False}}, {"handler": {"channels_last": "no"}}, {"workerStart": "forkAfterLoad"}],
)
def test_it_can_be_turned_off_for_a_model(yaml: dict[str, Any]) -> None:
    model, data = made(Network), batch()
    expected = answer(model, data)
    assert torch.equal(ChannelsLast(model, yaml).infer(data), expected)
    assert not is_turned(model)


def test_it_can_be_turned_off_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TS_CHANNELS_LAST", "false")
    model = made(Network)
    ChannelsLast(model, {"handler": {"profile": True}}).infer(batch())
    assert not is_turned(model)
    ChannelsLast(model, {"handler": {"channels_last": True}}).infer(batch())
    assert is_turned(model), "the yaml decides where both speak"


class Bare(BaseHandler):
    """Leaves out ``super().__init__()``, as handlers may, and changes its model."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.device = torch.device("cpu")


def test_a_handler_runs_the_model_that_it_has() -> None:
    first, second, data = made(Network), made(Viewing), batch()
    handler = Bare(first)
    torch.testing.assert_close(handler.inference(data), answer(made(Network), data), rtol=1e-5, atol=1e-6)
    assert is_turned(first)
    handler.model = second
    assert torch.equal(handler.inference(data), answer(made(Viewing), data))
    assert not is_turned(second)
