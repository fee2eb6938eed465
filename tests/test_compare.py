"""What passes as equal, and what is said about what is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from drill.grader import codec
from drill.grader.codec import SeenTensor
from drill.grader.compare import Complaint, Undecided, compare, same_outcome
from drill.grader.expect import Close, Exact, Raises, close, exact
from drill.grader.observation import Observation

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
INF, NAN = float("inf"), float("nan")


def seen(value: Any) -> Any:
    """A value as the judge holds it after its way through the codec."""
    encoder = codec.observation_encoder()
    tree = encoder.encode(value)
    return codec.decode_observation(tree, bytearray().join(encoder.body))


def promoted(value: Any) -> Any:
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.double()
    if isinstance(value, (list, tuple)):
        return type(value)(promoted(item) for item in value)
    if isinstance(value, dict):
        return {key: promoted(item) for key, item in value.items()}
    return value


def verdict(
    mine: Any, drawn: Any, exactly: Any = ..., expect: Close | Exact | Raises | None = None
) -> Complaint | None:
    """What is said of `mine`; the exact values are those drawn unless given."""
    true = promoted(drawn) if exactly is ... else exactly
    observations = (Observation(value=seen(value)) for value in (mine, drawn, true))
    return compare(expect or Close(), *observations)


def says(mine: Any, drawn: Any, exactly: Any = ..., **options: Any) -> str:
    found = verdict(mine, drawn, exactly, close(**options))
    return found.text if found else ""


def t(*values: Any, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor(values, dtype=dtype)


# --- the tolerance -------------------------------------------------------------------------

LOSS = {torch.float64: 1e-9, torch.float32: 1e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_what_a_right_solution_may_lose(dtype: torch.dtype) -> None:
    exactly = torch.tensor([8.0, 4.0, 2.0, 0.0], dtype=torch.float64)
    drawn = exactly.to(dtype)
    for factor, right in ((0.8, True), (3.0, False)):
        off = (exactly - torch.tensor([8.0, 0, 0, 0]) * factor * LOSS[dtype]).to(dtype)
        assert (not says(off, drawn, exactly)) == right
        # Where the entry is small, its slice's largest still gives the scale.
        off = (exactly + torch.tensor([0, 0, 0, 8.0]) * factor * LOSS[dtype]).to(dtype)
        assert (not says(off, drawn, exactly)) == right


def test_four_times_the_reference_s_own_error_is_allowed() -> None:
    exactly = torch.tensor([1.0, 2.0], dtype=torch.float64)
    honest = t(1.001, 2.0)
    assert not says(t(1.0, 1.9961), honest, exactly)
    assert says(t(1.0, 1.9958), honest, exactly)
    # A reference without rounding errors allows none but c(dtype).
    assert says(t(1.0, 1.9961), t(1.0, 2.0), exactly)


def test_the_scale_is_that_of_the_slice() -> None:
    drawn = t([1e6, 1e6], [1.0, 1.0])
    assert not says(t([1e6 + 5, 1e6], [1.0, 1.0]), drawn)
    off = t([1e6, 1e6], [2.0, 1.0])
    assert "[1, 0]" in says(off, drawn)
    assert says(off, drawn, axes=(1,))
    assert says(off, drawn, axes=())
    assert not says(off, drawn, axes=0)
    assert not says(off, drawn, axes=(0, 1))


def test_the_honest_error_is_that_of_the_slice() -> None:
    exactly = torch.tensor([[1.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    drawn = t([1.01, 1.0], [1.0, 1.0])
    assert not says(t([1.0, 1.03], [1.0, 1.0]), drawn, exactly)
    assert says(t([1.0, 1.0], [1.03, 1.0]), drawn, exactly)


def test_small_outputs_are_not_all_zero() -> None:
    tiny = torch.full((3,), 1e-8)
    assert says(torch.zeros(3), tiny)
    assert says(torch.zeros(3, 4), torch.cat([torch.ones(1, 4), torch.full((2, 4), 1e-6)]))
    assert not says(tiny * (1 + 1e-6), tiny)


def test_a_slice_that_cancels_to_nothing_may_show_dust() -> None:
    drawn = t([1.0, 2.0], [0.0, 0.0])
    assert not says(t([1.0, 2.0], [2e-7, -1e-7]), drawn)
    assert says(t([1.0, 2.0], [1e-5, 0.0]), drawn)
    assert says(t(1e-9, 0.0), t(0.0, 0.0))
    # A row far below the others is no sum that cancelled.
    assert says(t([1e6, 1e6], [1.1, 1.0]), t([1e6, 1e6], [1.0, 1.0]), axes=-1)


def test_loosening_multiplies_what_may_be_lost() -> None:
    drawn = t(1.0, 2.0)
    assert says(t(1.0, 2.001), drawn)
    assert not says(t(1.0, 2.001), drawn, loosen=200)
    assert says(t(1.0, 2.1), drawn, loosen=200)


def test_terms_of_a_sum_that_cancels_leave_their_rounding() -> None:
    drawn = t(1e-6, 2e-6)
    assert says(t(1e-6, 2.3e-6), drawn)
    assert not says(t(1e-6, 2.3e-6), drawn, terms=1.0)
    assert says(t(1e-6, 3e-6), drawn, terms=1.0)


def test_the_oracle_as_drawn_knows_no_exact_values() -> None:
    drawn, exactly = t(1.0, 2.0), torch.tensor([1.0, 3.0], dtype=torch.float64)
    assert not says(t(1.0, 2.0), drawn, exactly, oracle="as drawn")
    assert says(t(1.0, 2.1), drawn, exactly, oracle="as drawn")


@given(st.sampled_from(FLOATS), st.integers(0, 2**32), st.integers(0, 3))
def test_the_reference_agrees_with_itself(dtype: torch.dtype, seed: int, dims: int) -> None:
    source = torch.Generator().manual_seed(seed)
    exactly = 100 * torch.randn([3, 2, 4][:dims], generator=source, dtype=torch.float64)
    assert not says(exactly.to(dtype), exactly.to(dtype), exactly)
    assert not verdict(exactly.to(dtype), exactly.to(dtype), exactly, Exact())


def test_empty_tensors_and_scalars() -> None:
    assert not says(torch.zeros(0, 3), torch.zeros(0, 3))
    assert "shape" in says(torch.zeros(3, 0), torch.zeros(0, 3))
    assert not says(torch.tensor(1.0), torch.tensor(1.0))
    assert says(torch.tensor(1.1), torch.tensor(1.0)) == "The result is 1.1, not 1."
    assert says(1.1, 1.0) == "The result is 1.1, not 1."
    wide = torch.tensor(17.875, dtype=torch.float64)
    assert says(wide + 1e-6, wide) == "The result is 17.875001, not 17.875."
    assert says((0, {"a": 1.1}), (0, {"a": 1.0})) == "The result[1]['a'] is 1.1, not 1."
    assert says([2.0, 1.1], [2.0, 1.0]) == "The result[1] is 1.1, not 1."
    assert not says(torch.zeros(()), torch.zeros(()), axes=(0, 1))


def test_complex_values() -> None:
    drawn = torch.tensor([1 + 2j, 3 - 4j])
    exactly = drawn.to(torch.complex128)
    assert not says(drawn * (1 + 1e-6), drawn, exactly)
    assert says(drawn.conj(), drawn, exactly)
    assert says(drawn * (1 + 1e-3), drawn, exactly)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2], ids=str)
@pytest.mark.parametrize("expect", [Close(oracle="as drawn"), Exact()], ids=["close", "exact"])
def test_eight_bit_floats(dtype: torch.dtype, expect: Close | Exact) -> None:
    drawn = t(1.0, 2.0, 4.0).to(dtype)
    assert verdict(drawn, drawn, drawn, expect) is None
    assert verdict(t(1.0, 2.0, 16.0).to(dtype), drawn, drawn, expect) is not None


# --- what is not finite --------------------------------------------------------------------


@pytest.mark.parametrize("expect", [Close(), Exact()], ids=["close", "exact"])
@pytest.mark.parametrize("odd", [INF, -INF, NAN])
def test_odd_values_stand_in_the_same_places(odd: float, expect: Close | Exact) -> None:
    drawn = t(1.0, odd, 3.0)
    assert verdict(t(1.0, odd, 3.0), drawn, ..., expect) is None
    for wrong in (t(1.0, 2.0, 3.0), t(odd, odd, 3.0), t(1.0, -odd if odd == odd else INF, 3.0)):
        assert verdict(wrong, drawn, ..., expect) is not None
    assert verdict(t(1.0, odd, 4.0), drawn, ..., expect) is not None


@pytest.mark.parametrize("odd", [INF, -INF, NAN])
def test_odd_values_are_no_wildcard(odd: float) -> None:
    assert f"is {odd}" in says(torch.full((3,), odd), t(1.0, 2.0, 3.0))
    assert f"is {odd}" in says(t(1.0, odd, 3.0), t(1.0, 2.0, 3.0))
    assert says(odd, 1.0)
    assert says([1.0, odd], [1.0, 2.0])


def test_overflow_of_the_reference_is_expected_of_the_submission() -> None:
    drawn, exactly = t(INF, 1.0), torch.tensor([1e300, 1.0], dtype=torch.float64)
    assert not says(t(INF, 1.0), drawn, exactly)
    assert says(t(3e38, 1.0), drawn, exactly)
    assert says(t(INF, 2.0), drawn, exactly)


# --- form ----------------------------------------------------------------------------------

ONE_ROW = torch.ones(1, 3)


@pytest.mark.parametrize(
    ("mine", "drawn", "text"),
    [
        (torch.ones(3), ONE_ROW, "has shape (3,), not (1, 3)"),
        (torch.ones(1, 1), ONE_ROW, "has shape (1, 1), not (1, 3)"),
        (torch.ones(()), ONE_ROW, "has shape (), not (1, 3)"),
        (ONE_ROW.double(), ONE_ROW, "has dtype torch.float64, not torch.float32"),
        (ONE_ROW.int(), ONE_ROW, "has dtype torch.int32, not torch.float32"),
        (ONE_ROW.int(), ONE_ROW.long(), "has dtype torch.int32, not torch.int64"),
        (ONE_ROW.bool(), ONE_ROW.long(), "has dtype torch.bool, not torch.int64"),
        (ONE_ROW.tolist(), ONE_ROW, "is of another type"),
        (None, ONE_ROW, "is None"),
        (1.0, ONE_ROW, "is of another type"),
        (ONE_ROW.numpy(), ONE_ROW, "is of another type"),
        (ONE_ROW.clone().requires_grad_(), ONE_ROW, "carries an autograd graph and should not"),
        (ONE_ROW, ONE_ROW.clone().requires_grad_(), "is cut off from the autograd graph"),
        (ONE_ROW, 1.0, "is of another type"),
        (ONE_ROW, None, "is of another type"),
        ([ONE_ROW], ONE_ROW, "is of another type"),
        (ONE_ROW, [ONE_ROW], "is of another type"),
        ([ONE_ROW] * 2, [ONE_ROW], "has 2 entries, not 1"),
        ([ONE_ROW, ONE_ROW.double()], [ONE_ROW, ONE_ROW], "The result[1] has dtype"),
        ([], [1.0], "has 0 entries, not 1"),
        ({"a": 1}, {"a": 1, "b": 2}, "has other keys"),
        ({"a": 1, "c": 2}, {"a": 1, "b": 2}, "has other keys"),
        ({"a": 2}, {"a": 1}, "The result['a'] is wrong"),
        ([("a", 1)], {"a": 1}, "is of another type"),
        (1, True, "is of another type"),
        (True, 1, "is of another type"),
        (2.0, 2, "is of another type"),
        ("2", 2, "is of another type"),
        (True, 1.0, "is of another type"),
        (b"a", "a", "is of another type"),
        ("b", "a", "is wrong"),
        (3, 2, "is wrong"),
        (None, 2, "is None"),
        (2, None, "is of another type"),
        (torch.float16, torch.float32, "is wrong"),
        (torch.device("meta"), torch.device("cpu"), "is wrong"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("expect", [Close(), Exact()], ids=["close", "exact"])
def test_form(mine: Any, drawn: Any, text: str, expect: Close | Exact) -> None:
    found = verdict(mine, drawn, ..., expect)
    assert found is not None
    assert text in found.text


@pytest.mark.parametrize(
    ("mine", "drawn"),
    [
        ([1.0, 2.0], (1.0, 2.0)),
        ((ONE_ROW, 1), [ONE_ROW, 1]),
        (2, 2.0),
        ([1, 2], [1.0, 2.0]),
        (torch.nn.Parameter(ONE_ROW, requires_grad=False), ONE_ROW),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        ([], ()),
        ({}, {}),
        ((None, True, "a", torch.float16), (None, True, "a", torch.float16)),
        (ONE_ROW.t().contiguous().t(), ONE_ROW),
    ],
    ids=repr,
)
def test_forms_that_mean_the_same(mine: Any, drawn: Any) -> None:
    assert verdict(mine, drawn) is None
    assert verdict(mine, drawn, ..., Exact()) is None


@pytest.mark.parametrize(
    ("mine", "right"),
    [(1.0000001, True), (1.0001, False), (INF, False), (NAN, False), (1, True)],
)
def test_python_floats_are_held_to_single_precision(mine: float, right: bool) -> None:
    assert (not says(mine, 1.0)) == right
    assert (not says([mine, 0.5], [1.0, 0.5])) == right


def test_bits() -> None:
    assert verdict(t(1.0, 2.0 + 1e-6), t(1.0, 2.0), ..., Exact()) is not None
    assert verdict(t(1.0 + 1e-9), t(1.0), ..., Exact()) is None
    assert verdict(t(-0.0), t(0.0), ..., Exact()) is None
    assert verdict(1.0 + 1e-12, 1.0, ..., Exact()) is not None


def test_facts_that_are_compared_when_asked() -> None:
    rows, columns = torch.ones(2, 3), torch.ones(3, 2).t()
    for make in (close, exact):
        expect: Callable[..., Close | Exact] = make
        assert verdict(columns, rows, ..., expect()) is None
        found = verdict(columns, rows, ..., expect(strides=True))
        assert found is not None and "stride" in found.text
        attached = rows.clone().requires_grad_()
        assert verdict(attached, rows, ..., expect()) is not None
        assert verdict(attached, rows, ..., expect(graph=False)) is None
        base = torch.ones(2)
        assert verdict([base, base.clone()], [base, base], ..., expect()) is None
        found = verdict([base, base.clone()], [base, base], ..., expect(aliasing=True))
        assert found is not None and "memory" in found.text


def test_subclasses_are_not_tensors() -> None:
    class Mine(Tensor):
        pass

    assert says(ONE_ROW.as_subclass(Mine), ONE_ROW) == "The result has type Mine, not Tensor."


# --- margins -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drawn", "exactly"),
    [
        (torch.tensor([1, 2]), torch.tensor([1, 3])),
        (torch.tensor([True]), torch.tensor([False])),
        (3, 4),
        (True, False),
        ([1, 2], [1, 2, 3]),
        ({"a": 1}, {"a": 2}),
        (torch.tensor([1, 2]), torch.tensor([1, 2, 3])),
    ],
    ids=repr,
)
def test_no_margin_no_verdict(drawn: Any, exactly: Any) -> None:
    for mine in (drawn, exactly):
        with pytest.raises(Undecided):
            verdict(mine, drawn, exactly)
    assert verdict(drawn, drawn, drawn, close(oracle="as drawn")) is None
    assert verdict(drawn, drawn, drawn, Exact()) is None


ODD_PAIRS = (
    (t(1.0, 2.0), t(1.0, 2.0, 3.0).double()),
    (t(1.0, 2.0), t(1.0).double()),
    (t(1.0, 2.0), None),
    (t(1.0, 2.0), codec.raised(ValueError())),
    (t(1.0, 2.0), t(1.0, 2.0).long()),
    (1.0, None),
    (1.0, "one"),
    (1, t(1.0)),
    (None, 1),
    ({"a": 1.0}, {}),
    ({"a": 1.0}, None),
    ({"a": t(1.0)}, {"b": t(1.0).double()}),
    ([1.0], 1.0),
    ([1.0, 2.0], [1.0, None]),
    (codec.raised(ValueError()), t(1.0)),
)


@pytest.mark.parametrize(("drawn", "exactly"), ODD_PAIRS, ids=repr)
def test_no_verdict_where_the_reference_answers_in_two_forms(drawn: Any, exactly: Any) -> None:
    with pytest.raises(Undecided):
        verdict(drawn, drawn, exactly)


def test_a_dtype_or_text_may_differ_on_float64() -> None:
    assert says(torch.float32, torch.float32, torch.float64) == ""
    assert says("float32", "float32", "float64") == ""
    assert says(torch.float64, torch.float32, torch.float64) != ""


# --- errors and arguments ------------------------------------------------------------------


def failing(
    error: BaseException | None, own: bool = True, code: str = "f()", **rest: Any
) -> Observation:
    if error is None:
        return Observation(**rest)
    shown = codec.raised(error)
    frames = [{"line": 3, "name": "f", "code": code}] if own else []
    row = {"classes": list(shown.classes), "text": shown.text, "frames": frames, "causes": []}
    return Observation(error=row, **rest)


class Narrower(ValueError):
    """A submission's own class."""


@pytest.mark.parametrize(
    ("mine", "drawn", "right"),
    [
        (ValueError("x"), ValueError("y"), True),
        (Narrower(), ValueError(), True),
        (ValueError(), Narrower(), False),
        (KeyError(), LookupError(), True),
        (KeyError(), ValueError(), False),
        (None, ValueError(), False),
        (ValueError(), None, False),
        (NotImplementedError(), ValueError(), False),
    ],
    ids=repr,
)
@pytest.mark.parametrize("expect", [Close(), Exact()], ids=["close", "exact"])
def test_errors_like_the_reference_s(
    mine: Any, drawn: Any, right: bool, expect: Close | Exact
) -> None:
    reference = failing(drawn)
    assert (compare(expect, failing(mine), reference, reference) is None) == right


@pytest.mark.parametrize(
    ("mine", "right"),
    [(KeyError(), True), (Narrower(), True), (TypeError(), False), (None, False)],
    ids=repr,
)
def test_errors_by_name(mine: Any, right: bool) -> None:
    reference = failing(ValueError())
    expect = Raises(("ValueError", "KeyError"))
    assert (compare(expect, failing(mine), reference, reference) is None) == right


def test_errors_in_words() -> None:
    fine = failing(None, value=1)
    stub = failing(NotImplementedError(), code="    raise NotImplementedError")
    unwritten = compare(Close(), stub, fine, fine)
    assert unwritten is not None and unwritten.text == "Not written yet."
    of_torch = compare(Close(), failing(NotImplementedError("no such kernel")), fine, fine)
    assert of_torch is not None and of_torch.text == "It raised NotImplementedError."
    raised = compare(Close(), failing(ZeroDivisionError("by 0")), fine, fine)
    assert raised is not None
    assert raised.got == "ZeroDivisionError: by 0 (line 3, in f: f())"
    outside = compare(Close(), failing(TypeError("no"), own=False), fine, fine)
    assert outside is not None and outside.text == "What you returned could not be used."


def test_errors_as_values() -> None:
    for mine, right in ((KeyError("k"), True), (ValueError("v"), False)):
        assert (not says([codec.raised(mine)], [codec.raised(LookupError())])) == right
    assert "should raise LookupError" in says([1], [codec.raised(LookupError())])
    assert says([codec.raised(LookupError())], [1]) == "It raised LookupError."


def test_changed_arguments() -> None:
    changed = {"x": seen(t(2.0))}
    fine, altered = Observation(value=1), Observation(value=1, changed=changed)
    found = compare(Close(), altered, fine, fine)
    assert found is not None and found.text == "It modified its argument `x`."
    found = compare(Close(), fine, altered, altered)
    assert found is not None and "should have been modified" in found.text
    assert compare(Close(), altered, altered, altered) is None
    other = replace(altered, changed={"x": seen(t(3.0))})
    found = compare(Close(), other, altered, altered)
    assert found is not None and found.text.startswith("The argument `x`[0] is 3, not 2")


def test_the_worst_entry_is_named() -> None:
    drawn = torch.zeros(2, 3) + 1
    mine = drawn.clone()
    mine[0, 1], mine[1, 2] = 1.5, 4.0
    assert says(mine, drawn) == "The result[1, 2] is 4, not 1."
    assert says((0, mine), (0, drawn)) == "The result[1][1, 2] is 4, not 1."


def test_same_outcome_tells_submissions_apart() -> None:
    one, other = Observation(value=seen(t(1.0))), Observation(value=seen(t(1.0 + 1e-6)))
    assert same_outcome(Close(), one, other)
    assert not same_outcome(Exact(), one, other)
    assert not same_outcome(Close(), one, Observation(value=seen(t(2.0))))
    assert not same_outcome(Close(), one, failing(ValueError()))
    sizes = [RuntimeError(f"The size of a is {size}") for size in (3, 4)]
    assert same_outcome(Close(), *(failing(error) for error in sizes))
    assert not same_outcome(Close(), failing(sizes[0]), failing(RuntimeError("expected Half")))
    by_hand = failing(ValueError("my own words"), code="raise ValueError(text)")
    assert same_outcome(Close(), by_hand, failing(ValueError("others")))
    assert not same_outcome(Close(), failing(ValueError()), failing(Narrower()))
    assert not same_outcome(Close(), one, replace(one, end="late"))


def test_observations_hold_tensors_as_seen() -> None:
    assert isinstance(seen(ONE_ROW), SeenTensor)
