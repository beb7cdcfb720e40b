"""YAML files are read with the same result as OPA's, in any style and of any length."""

from __future__ import annotations

import json
import string
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.authoring.opa import Opa
from guard.authoring.yaml_values import OnlyForOpaError, yaml_value
from guard.errors import ConfigError

_WRITTEN = """y Yes on NO off True TRUE tRUE ~ null Null nULL 0o17 017 0x1F 0b11 1_000 1_0.5 1.10 1e3 1e3x .5 1. +1 -0 +.5 -1.0e-5
09 08.5 00 0. 1e400 12345678901234567890123 18446744073709551616 9007199254740993 0.1000000000000000055511151231257827
2024-01-01 2024-1-1 12:30:45 190:20:30 << = a#b a:b http://x/y -x ?x :x ö \N{SNOWMAN}"""
SCALARS = _WRITTEN.split()


@pytest.fixture
def reader(opa: Path, tmp_path: Path) -> Opa:
    return Opa(opa, tmp_path)


def _read(reader: Opa, text: str, *, quickly: bool = True) -> tuple[Any, Any]:
    """Return our result, and that of OPA for the whole file."""
    (reader.folder / "a.yaml").write_text(text, encoding="utf-8")
    whole = reader.json("eval", "--format", "raw", "--data", "file:a.yaml", '{"it": data.file}')["it"]
    if quickly:
        yaml_value(text, lambda texts: texts)
    return reader.read_yaml(Path("a.yaml")), whole


def _same(one: Any, other: Any) -> bool:
    """Whether values are the same and of the same types, as 1 and True are equal in Python."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("".join(f"- {each}\n" for each in SCALARS), id="without quotes"),
        pytest.param("".join(f"k{n}: {each}\n" for n, each in enumerate(SCALARS)), id="values of a mapping"),
        pytest.param("".join(f"- {json.dumps(each)}\n- '{each}'\n" for each in SCALARS), id="in quotes"),
        pytest.param('"1.10": a\n\'no\': b\ny: c\n2024-01-01: d\nnull x: e\n"<<": {f: g}\n', id="keys"),
        pytest.param("a: [1, no, {b: 2.0, c: [[], {}]}, x y]\n", id="flow style"),
        pytest.param('{"a": [1, true, null, 1.5e3, "\\u00f6\\n"]}', id="JSON"),
        pytest.param("a: |\n  12\n  13\nb: >-\n  1.10\nc: >\n  no\n\n  yes\n", id="blocks"),
        pytest.param("a: two\n  words\nb: two\n\n  paragraphs\nc: 1\n  2\n", id="text of several lines"),
        pytest.param("a:\nb: ~\nc: ''\n", id="nothing"),
        pytest.param("---\na: 1 # why\n...\n", id="marks of a document"),
        pytest.param("a: 1\nb: 2\na: 3\n", id="a key twice"),
        pytest.param("12", id="a number alone"),
        pytest.param("hello", id="text alone"),
        pytest.param('"- x"', id="text in quotes alone"),
    ],
)
def test_a_file_is_read_as_opa_reads_it(reader: Opa, text: str) -> None:
    read, whole = _read(reader, text)
    assert _same(read, whole), (read, whole)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: &x [1]\nb: *x\n", id="alias"),
        pytest.param("a: &x {b: 1}\nc: {<<: *x}\n", id="merged"),
        pytest.param("a: {<<: {b: 1}}\n", id="merged without an alias"),
        pytest.param("a: &x 1\n", id="anchor alone"),
        pytest.param("a: !!str 5\nb: !!int '7'\nc: ! 8\n", id="tags"),
        pytest.param("1.10: a\n0o17: b\n", id="keys that aren't text"),
        pytest.param("", id="empty"),
        pytest.param("a: 1\n---\nb: 2\n", id="two documents"),
    ],
)
def test_yaml_that_only_opa_can_read_is_left_to_opa(reader: Opa, text: str) -> None:
    with pytest.raises(OnlyForOpaError):
        yaml_value(text, lambda texts: [{"1.10": 1.1, "0o17": 15}.get(each, each) for each in texts])
    read, whole = _read(reader, text, quickly=False)
    assert _same(read, whole), (read, whole)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a: .inf\n", r"unsupported value: \+Inf", id="infinite"),
        pytest.param("a: &x\n  b: *x\n", "anchor 'x' value contains itself", id="an anchor inside itself"),
        pytest.param("[" * 20_000, "exceeded max depth", id="too deep"),
    ],
)
def test_yaml_that_opa_rejects_is_reported_with_its_message(reader: Opa, text: str, told: str) -> None:
    (reader.folder / "a.yaml").write_text(text)
    with pytest.raises(ConfigError, match=told):
        reader.read_yaml(Path("a.yaml"))


TEXT = st.text(string.printable + "öñ\N{SNOWMAN}", max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.sampled_from(SCALARS), TEXT, st.integers(), st.booleans(), st.none(), st.dates(), st.floats(-1e9, 1e9)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT.filter(bool), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES, flow=st.sampled_from([True, False, None]))
def test_generated_files_are_read_as_opa_reads_them(reader: Opa, value: Any, flow: bool | None) -> None:
    text = yaml.safe_dump({"a": value}, default_flow_style=flow, allow_unicode=True)
    read, whole = _read(reader, text, quickly=False)
    assert _same(read, whole), (text, read, whole)


def test_text_of_several_lines_is_not_sent_to_opa() -> None:
    asked: list[str] = []
    read = yaml_value("a: one\n\n  two\nb: 1\n", lambda texts: asked.extend(texts) or texts)  # type: ignore[func-returns-value]
    assert (read, sorted(asked)) == ({"a": "one\ntwo", "b": "1"}, ["1", "a", "b"])


def test_many_keys_take_seconds(reader: Opa) -> None:
    (reader.folder / "a.yaml").write_text("".join(f"image-{n}: {{reason: old}}\n" for n in range(50_000)))
    started = time.monotonic()
    assert len(reader.read_yaml(Path("a.yaml"))) == 50_000
    assert time.monotonic() - started < 30, "OPA's own reader takes minutes"
