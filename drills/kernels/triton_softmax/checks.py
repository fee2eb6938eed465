import torch
from hypothesis import strategies as st

from drill.grader.cases import ints, tensors
from drill.grader.checks import check, refuses
from drill.grader.expect import exactly, work

rows, cols = ints(1, 3), ints(1, 9)
plain = ("contiguous",)


def launch(impl, x):
    """Softmax, with new memory full of NaN: an element that nothing is stored in is seen."""
    torch.set_deterministic_debug_mode("warn")
    try:
        return impl.softmax(x)
    finally:
        torch.set_deterministic_debug_mode("default")


def first_columns(values, gap):
    """The same values as the left part of a wider matrix: the rows lie `gap` further apart."""
    wider = values.new_zeros(values.shape[0], values.shape[1] + gap)
    return wider[:, : values.shape[1]].copy_(values)


def elements(x):
    return x.numel()


@check(x=tensors(st.sampled_from([3, 1, 2, 4, 5, 6]), cols, layouts=plain), examples=25)
def matches(impl, x):
    """Agrees with the definition for any rows and columns; each result is a new tensor."""
    first = launch(impl, x)
    return first, launch(impl, x.flip(1))


@check(
    x=tensors(
        rows,
        st.sampled_from([127, 128, 1025, 2049, 3000, 4096]),
        regimes=("normal", "holes"),
        layouts=plain,
    ),
    examples=12,
    expect=work(elements_not_stored_by_a_kernel=0, elements_loaded=exactly(elements)),
)
def wide(impl, x):
    """A row of up to 4096 columns is normalised as a whole, each column loaded once."""
    return launch(impl, x)


@check(
    x=tensors(rows, cols, regimes=("uneven", "sunken", "large", "constant"), layouts=plain),
    examples=25,
)
def extreme(impl, x):
    """Stays finite and exact for entries around 10,000, uneven levels and -inf entries."""
    return launch(impl, x)


@check(
    x=tensors(
        rows,
        st.sampled_from([5, 8, 37, 300]),
        dtype=torch.float16,
        regimes=("normal", "holes"),
        layouts=plain,
    ),
    examples=12,
    expect=work(elements_not_stored_by_a_kernel=0, elements_loaded=exactly(elements)),
)
def half_precision(impl, x):
    """Takes and gives float16, stored by the kernel itself, as exact as one rounding allows."""
    return launch(impl, x)


@check(
    x=st.one_of(
        tensors(rows, ints(2, 9), layouts=("transposed", "sliced")),
        st.builds(first_columns, tensors(rows, ints(2, 9), layouts=plain), ints(1, 3)),
    ),
    examples=25,
)
def any_strides(impl, x):
    """Reads views as they lie in memory: transposed, every second column, rows with gaps."""
    return launch(impl, x)


@check(x=st.one_of(tensors(rows), tensors(rows, cols, 2), tensors()), examples=6)
def other_shapes(impl, x):
    """Raises ValueError unless x has two axes."""
    return refuses((ValueError,), impl.softmax, x)


@check(
    x=st.one_of(tensors(rows, 0), tensors(0, cols), tensors(0, 0, dtype=torch.float16)),
    examples=6,
    expect=work(elements_loaded=0, elements_stored=0),
)
def empty(impl, x):
    """Gives an empty result for no rows or no columns, and touches no memory."""
    return launch(impl, x)


@check(x=tensors(130, ints(1, 2), layouts=plain), examples=1, expect=work(launches=1))
def tall(impl, x):
    """One launch does more than a hundred rows."""
    return launch(impl, x)


@check(
    x=tensors(ints(2, 4), st.sampled_from([5, 64, 300]), regimes=("normal",), layouts=plain),
    examples=8,
    expect=work(
        launches=1,
        elements_loaded=exactly(elements),
        elements_stored=exactly(elements),
        elements_not_stored_by_a_kernel=0,
        host_reads=0,
    ),
)
def lean(impl, x):
    """One launch loads each element of x once and stores each element of the result once."""
    return launch(impl, x)
