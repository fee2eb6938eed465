"""Two histories made one: property tests of merging, writing and reading."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drill.cli.history import Attempt, GiveUp, Hint, History
from drill.cli.parsing import parse
from drill.cli.store import Store
from drill.grader.verdict import SEVERITY, CheckResult, Verdict, WorkRow

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

ids = st.sampled_from(["softmax", "einsum", "only_on_the_other_machine"])
# Few moments, so that many rows share one.
moments = st.integers(0, 3).map(lambda ms: NOON + timedelta(milliseconds=ms))
numbers = st.floats(0, 1e6).map(lambda value: round(value, 3))
texts = st.text(max_size=20)
verdicts = st.builds(
    Verdict,
    ids,
    st.sampled_from([*SEVERITY, "skipped"]),
    st.booleans(),
    st.integers(0, 2**63 - 1),
    numbers,
    st.lists(st.builds(CheckResult, texts, texts, st.just("failed"), code=texts), max_size=2),
    st.lists(st.builds(WorkRow, texts, numbers, st.floats(), numbers, st.booleans()), max_size=1),
    st.none() | st.just({"ratio": 1.5}),
    texts,
    st.lists(texts, max_size=2),
    texts,
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any history; rows of one uid come from one event, on whatever machine they are."""
    uids = iter(draw(st.lists(st.uuids().map(str), min_size=9, max_size=9, unique=True)))
    attempts = [
        Attempt(next(uids), verdict.drill, draw(moments), draw(st.booleans()), draw(texts), verdict)
        for verdict in draw(st.lists(verdicts, max_size=4))
    ]
    hints = [
        Hint(next(uids), draw(ids), draw(moments), level)
        for level in draw(st.lists(st.integers(1, 3), max_size=3))
    ]
    give_ups = [GiveUp(next(uids), id, draw(moments)) for id in draw(st.lists(ids, max_size=2))]
    return History(tuple(attempts), tuple(hints), tuple(give_ups))


@st.composite
def machines(draw: st.DrawFn, count: int) -> tuple[History, list[History]]:
    """Everything that ever happened, and what each of some machines knows of it."""
    everything = draw(histories())

    def some(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        known = draw(st.permutations(rows))
        return tuple(known[: draw(st.integers(0, len(rows)))])

    parts = [
        History(some(everything.attempts), some(everything.hints), some(everything.give_ups))
        for _ in range(count)
    ]
    return everything, parts


@contextmanager
def record(*parts: History) -> Iterator[Store]:
    """A fresh record into which histories were merged, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder), lambda: NOON, pytest.fail)
        for part in parts:
            store.merge(part)
        yield store
        store.close()


def written(*parts: History) -> str:
    """The export of the record of some histories."""
    with record(*parts) as store:
        return json.dumps(store.history().to_json())


def uids(*parts: History) -> set[str]:
    return {row.uid for part in parts for row in part.rows()}


few = settings(max_examples=40)


@few
@given(machines(2))
def test_a_merge_is_the_union_in_whatever_order(drawn: tuple[History, list[History]]) -> None:
    _, (one, other) = drawn
    merged = written(one, other)
    assert merged == written(other, one)
    result = parse(json.loads(merged))
    assert {row.uid for row in result.rows()} == uids(one, other)
    assert len(result.rows()) == len(uids(one, other))


@few
@given(machines(3))
def test_a_merge_may_be_done_in_any_groups(drawn: tuple[History, list[History]]) -> None:
    _, (one, two, three) = drawn
    with record(two, three) as store:
        assert written(one, store.history()) == written(one, two, three)


@few
@given(machines(1))
def test_a_merge_again_changes_nothing(drawn: tuple[History, list[History]]) -> None:
    everything, (part,) = drawn
    with record(everything) as store:
        before = store.history().to_json()
        assert store.merge(part) == History()
        assert store.merge(store.history()) == History()
        assert json.dumps(store.history().to_json()) == json.dumps(before)


@few
@given(histories())
def test_what_is_written_is_read_again(history: History) -> None:
    document = json.loads(json.dumps(history.to_json()))
    assert json.dumps(parse(document).to_json()) == written(history)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a document."""
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


ODD = st.sampled_from(
    [None, True, -1, 2**70, 1.5, float("nan"), "", "\ud800", "2026-05-04", [], {}, [[]], {"x": 1}]
)


@settings(max_examples=300)
@given(st.data(), histories(), ODD | st.just("delete"))
def test_a_changed_document_is_read_or_refused(
    data: st.DataObject, history: History, value: Any
) -> None:
    document = json.loads(json.dumps(history.to_json()))
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    parent = document
    for key in path:
        parent = parent[key]
    if value == "delete":
        del parent[last]
    else:
        parent[last] = value
    try:
        history = parse(document)
    except ValueError:
        return
    assert json.dumps(parse(json.loads(written(history))).to_json()) == written(history)
