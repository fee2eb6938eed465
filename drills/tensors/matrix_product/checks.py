import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, choice, lay_out, make_tensor, seeds
from drill.grader.checks import check, gradients, refuses
from drill.grader.expect import close

# An operand's shape is written by its axes, "BNK" or "1KM"; the sizes are drawn together.
s = Sizes("N K M B H", high=6)
sizes = st.tuples(s.N, s.K, s.M, s.B, s.H)
small = ["KK,KK", "NK,KM", "K,K", "NK,K", "K,KM", "1K,K", "K,K1"]
batches = ["BNK,KM", "NK,BKM", "BHNK,HKM", "B1NK,HKM", "1NK,BHKM", "BNK,K", "HBHNK,K", "K,HB1KM"]
batches += ["BH1NK,H1KM", "KNK,KK", "NK,NKM"]
forms = ["NK,KM", "K,K", "NK,K", "K,KM", "NK,BKM", "BNK,K", "K,BKM", "B1NK,HKM"]
halves = torch.float16, torch.bfloat16


def made(form, dtype, sizes, regime, layouts, seed):
    """Two tensors of the shapes that `form` writes."""
    size = dict(zip("1NKMBHT", (1, *sizes), strict=False))
    drawn = zip(form.split(","), layouts, (seed, seed + 1), strict=True)
    return [make_tensor(tuple(map(size.get, axes)), dtype, regime, *rest) for axes, *rest in drawn]


def operands(forms, *dtypes, regimes=("small", "normal")):
    """Draws for a and b."""
    rest = choice(regimes), st.tuples(*[st.sampled_from(LAYOUTS)] * 2), seeds
    both = st.shared(st.builds(made, forms, choice(dtypes), sizes, *rest))
    return {"a": both.map(lambda pair: pair[0]), "b": both.map(lambda pair: pair[1])}


def calls(impl, a, b):
    """Its results for a and b, and for the entries in reverse, laid out another way."""
    other = [lay_out(one.flip(-1), "transposed") for one in (a, b)]
    return impl.matrix_product(a, b), impl.matrix_product(b=other[1], a=other[0])


near = close(axes=(-2, -1), terms=5.0)  # a sum may cancel to far less than its terms
digits = operands(st.sampled_from(small + batches), torch.float64, *halves, regimes=["normal"])


@check(**operands(choice(small), torch.float32), examples=16, expect=near)
def matches(impl, a, b):
    """Multiplies row by column; a vector is one of these, and its axis leaves the result."""
    return calls(impl, a, b)


@check(**operands(choice(batches), torch.float32), examples=24, expect=near)
def batched(impl, a, b):
    """Multiplies matrix by matrix where there are leading axes, and broadcasts these."""
    return calls(impl, a, b)


@check(**digits, examples=12, expect=near, after=("batched",))
def dtypes(impl, a, b):
    """Keeps float16, bfloat16 and float64, to the precision of the dtype."""
    return calls(impl, a, b)


long = choice(["K,K", "1K,K1", "NK,K", "K,KM", "BNK,BK1"])


@check(form=long, kinds=st.just(halves), seed=seeds, examples=12, expect=near, after=("dtypes",))
def long_sums(impl, form, kinds, seed):
    """In half types sums of 3000 terms are right as well."""
    size = {"1": 1, "N": 2, "M": 3, "B": 2, "K": 3000}
    a, b = ([size[axis] for axis in axes] for axes in form.split(","))
    full = [(torch.ones(a, dtype=kind), torch.ones(b, dtype=kind)) for kind in kinds]
    return [impl.matrix_product(one, other * (1 + seed % 2)) for one, other in full]


# Pairs that fit. The first operand of one and the second of another don't, if the sizes differ.
others = [" ".join(form.replace("K", axis) for axis in "K1NM") for form in forms]
others += ["BNK,BKM HNK,HKM TNK,TKM", "BHNK,BHKM HBNK,HBKM"]


def misfits(forms, sizes, dtype, seed):
    """The pairs that `forms` writes."""
    n, k, m, b, _ = sizes
    sizes = [n, k, m, b + 1, b + 2, 2 * b + 2]
    return [made(form, dtype, sizes, "small", LAYOUTS[:2], seed) for form in forms.split()]


def refused(impl, *operands):
    """The error, or what was returned instead."""
    told = refuses((ValueError, RuntimeError), impl.matrix_product, *operands)
    return impl.matrix_product(*operands) if isinstance(told, str) else told


any_dtype = st.sampled_from([torch.float32, torch.float64, *halves])


@check(pairs=st.builds(misfits, choice(others), sizes, any_dtype, seeds), examples=22)
def refuses_misfits(impl, pairs):
    """Different inner sizes, and leading axes that don't broadcast: ValueError or RuntimeError."""
    (a, b), *rest = pairs
    return [refused(impl, *pair) for c, d in rest for pair in ((a, d), (c, b))]


pairs = operands(choice(forms), torch.float64) | {"half": st.sampled_from(halves)}


@check(**pairs, examples=18, expect=near, after=("dtypes",))
def gradient(impl, a, b, half):
    """The gradients reach those of a and b that require one, and are right, in half types too."""
    found = []
    for dtype, *wants in ((a.dtype, 1, 1), (a.dtype, 1, 0), (a.dtype, 0, 1), (half, 1, 1)):
        both = zip((a, b), wants, strict=True)
        given = [one.detach().to(dtype).requires_grad_(bool(wish)) for one, wish in both]
        out = impl.matrix_product(*given)
        found += [out, out.requires_grad and gradients(out, [x for x in given if x.requires_grad])]
    return found
