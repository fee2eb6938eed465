import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, seeds
from drill.grader.checks import check
from drill.grader.expect import relation

s = Sizes("R C")
sizes = {"rows": s.R, "cols": s.C}
no_source = choice([{}, {"generator": None}])
FACTORS = [3.0, -0.1, 0.7, 0.0, 1.0, -1.0, 0.5, -25000.0, 1e-3, 1e6]
LEFT_OUT = [("rows", "cols", "factor"), ("rows",), ("cols",), ("factor",), ("rows", "cols")]
FORMS = [*((factor, ()) for factor in FACTORS), *((-0.3, names) for names in LEFT_OUT)]
SHAPES = [(2, 2), (1, 2), (3, 1), (2, 3), (3, 3), (1, 1)]


def arguments(rows, cols, form):
    given = {"rows": rows, "cols": cols, "factor": form[0]}
    return {name: value for name, value in given.items() if name not in form[1]}


def misfit(value, given):
    """What is wrong with (base, scaled) by themselves."""
    for name, one in zip(("base", "scaled"), value, strict=True):
        if one.dtype != torch.float32:
            return f"{name} has dtype {one.dtype}; it should be float32."
        if one.shape != (given.get("rows", 3), given.get("cols", 3)):
            return f"The shape of {name} is not (rows, cols); both are 3 by default."
    base, scaled = value
    wanted = base * given.get("factor", 2.0)
    if torch.equal(scaled, wanted):
        return None
    if torch.equal(scaled, base):
        return "base and scaled are equal, as if base had been multiplied in place."
    near = "almost" if torch.allclose(scaled, wanted, 1e-5, 0.0) else "not"
    return f"scaled is {near} base * factor (by default 2)."


@check(given=st.builds(arguments, s.R, s.C, choice(FORMS)), examples=30, expect=relation(misfit))
def matches(impl, given):
    """base is float32 (rows, cols), by default (3, 3); scaled is base * factor, by default 2."""
    return impl.random_scaled(**given)


def pattern(value, shape, seed):
    """What 200 draws have in common; by chance less than once in 10^6 gradings."""
    drawn = value.flatten(1).double()  # (200, rows * cols)
    if (drawn == drawn[0, 0]).all():
        return "All entries of base are equal."
    if (drawn == drawn.round()).all():
        return "The entries of base are whole numbers."
    for numbers, alike in ((drawn, "equal"), (drawn.abs(), "each other's negative")):
        if numbers.unique().numel() < drawn.numel() - 8:
            inside = any(one.unique().numel() < one.numel() for one in numbers)
            return f"Many entries of {'base' if inside else 'different calls'} are {alike}."
    spread, middle = drawn.std(0), drawn.mean(0)
    far = (middle - middle.mean()).abs() > 0.5 * spread.mean()
    if (far | ((spread / spread.mean() - 1).abs() > 0.4)).any():
        return "Not all entries of base follow one distribution."
    score = (drawn - middle) / spread
    inside, between = score.T @ score / 200, score[1:].T @ score[:-1] / 200
    alike = torch.cat([inside.fill_diagonal_(0), between]).abs().max()
    return "The entries of base depend on one another." if alike > 0.45 else None


@check(shape=choice(SHAPES), seed=seeds, examples=6, expect=relation(pattern))
def entries(impl, shape, seed):
    """The entries of base are random floats, independent of one another and from call to call."""
    sources = [torch.Generator().manual_seed(seed + n) if n > 99 else None for n in range(200)]
    return torch.stack([impl.random_scaled(*shape, 3.0, each)[0].clone() for each in sources])


def broken(value, **case):
    """The sentence of the first pair that is not equal, or does not differ, as it should."""
    return next((text for a, b, alike, text in value if torch.equal(a, b) != alike), None)


pairs = relation(broken)


@check(**sizes, seed=seeds, examples=10, after=("entries",), expect=pairs)
def seeded(impl, rows, cols, seed):
    """With a generator the draw depends on its state alone, and moves it on."""
    one, two, fresh, other = (torch.Generator().manual_seed(seed + n) for n in (0, 0, 0, 1))
    for used in (one, two, None):  # None: the global generator
        torch.rand(5, generator=used)
    before = torch.get_rng_state(), one.get_state()
    first = impl.random_scaled(rows, cols, 3.0, one)
    a, moved = torch.stack(first), one.get_state()
    order = (one, two, two, fresh, other)
    b, c, d, e, f = (torch.stack(impl.random_scaled(rows, cols, 3.0, each)) for each in order)
    return [
        (torch.cat([a, b]), torch.cat([c, d]), True, "One seed gives different results."),
        (before[0], torch.get_rng_state(), True, "torch's global generator is not as it was."),
        (a, f, False, "Two seeds give the same result."),
        (a, b, False, "Two calls with one generator give the same result."),
        (a, e, False, "What was drawn from the generator before makes no difference."),
        (before[1], moved, False, "A call does not move the generator on."),
        (a, torch.stack(first), True, "A later call changes an earlier result."),
    ]


@check(**sizes, given=no_source, seed=seeds, examples=8, after=("entries",), expect=pairs)
def unseeded(impl, rows, cols, given, seed):
    """Without a generator every call differs, unless torch.manual_seed repeats it."""
    torch.manual_seed(seed)
    first = impl.random_scaled(rows, cols, 3.0, **given)
    a, b = torch.stack(first), torch.stack(impl.random_scaled(rows, cols, 3.0, **given))
    found = [(a, torch.stack(first), True, "A later call changes an earlier result.")]
    found += [(a, b, False, "Two calls give the same result.")]
    torch.manual_seed(seed)
    again = torch.stack(impl.random_scaled(rows, cols, 3.0, **given))
    return [*found, (a, again, True, "torch.manual_seed does not repeat a call.")]


@check(factor=choice(FACTORS), **sizes, examples=10, after=("matches",), expect=pairs)
def apart(impl, factor, rows, cols):
    """base and scaled share no memory, whatever the factor."""
    base, scaled = impl.random_scaled(rows, cols, factor)
    drawn = base.clone()
    with torch.inference_mode():  # writes to any tensor
        scaled.fill_(7.0)
    return [(drawn, base, True, "Writing to scaled changes base: they share memory.")]
