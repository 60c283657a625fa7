"""Whatever a handler may import says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.surroundings import PYTHON_BACKEND

Documented = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _without(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        setter = any(isinstance(each, ast.Attribute) and each.attr == "setter" for each in node.decorator_list)
        if not (setter or ast.get_docstring(node)):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _without(node.body, f"{prefix}{node.name}.")


@pytest.mark.parametrize(
    "file", sorted((PYTHON_BACKEND / "ts").rglob("*.py")), ids=lambda file: str(file.relative_to(PYTHON_BACKEND))
)
def test_every_public_name_has_a_docstring(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 9))
    assert ast.get_docstring(tree) or not tree.body
    assert list(_without(tree.body)) == []
