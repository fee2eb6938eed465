import re
from functools import partial
from itertools import product
from math import prod

import torch
from hypothesis import strategies as st
from torch.overrides import TorchFunctionMode

from drill.grader.cases import FLOATS, LAYOUTS, Sizes, choice, lay_out, seeds
from drill.grader.checks import check, gradients
from drill.grader.expect import close, exact, relation, work

s = Sizes("A B C D E", high=6)
# A dtype and whether the elements use all its digits.
kinds = st.shared(choice([(torch.float32, False), *product(FLOATS, [True])]), key="kind")
given = {"attention_scores": ("q", "k"), "bilinear": ("x", "w", "y"), "batch_trace": ("z",)}
SHAPES = {"q": "ABCE", "k": "ABDE", "x": "AB", "w": "CBD", "y": "AD", "z": "CDD"}
SUMMED = {"k": 1, "w": 2, "z": 1}  # so many last axes; these have many digits, the others signs
ARITHMETIC = re.compile(
    "add|sub|mul|div|(?<!ein)sum|mean|trace|prod|mm|mv|dot|inner|outer|ger$|kron|linear|norm|conv|"
    "pool|reduce|^fold|bag|attention|similarity|lerp|square|pow|var|std|cov|trapez"
)
near = close(axes=(-2, -1), terms=25.0, loosen=2)  # of sums that may cancel
basics = ("scores", "forms", "traces")
long = choice([(24, 24, 3, 3), (2, 2, 30, 30)])


def numbers(name, kind, shape, layout, seed, whole):
    """Normal numbers, or whole ones and halves of which any sum is exact in this dtype only."""
    source = torch.Generator().manual_seed(seed)
    values = torch.randn(shape, generator=source, dtype=torch.float64)
    dtype, full = kind
    if whole:
        digits = int(2 / torch.finfo(dtype).eps) // prod(shape[-SUMMED.get(name, 0) :])
        most = (digits if full else 4) if name in SUMMED else 1
        values = torch.randint(-most, most + 1, shape, generator=source).double() / (1 + full)
    return lay_out(values.to(dtype), layout).requires_grad_(not whole)


def draws(names, whole=True):
    """Draws for those of the arguments."""
    drawn = {}
    for name in names:
        shape = st.tuples(*(getattr(s, size) for size in SHAPES[name]))
        build = partial(numbers, name, whole=whole)
        drawn[name] = st.builds(build, kinds, shape, st.sampled_from(LAYOUTS), seeds)
    return drawn


def results(impl, **drawn):
    return {name: getattr(impl, name)(*map(drawn.get, names)) for name, names in given.items()}


def turned(x):  # the first two axes swapped in memory
    return x.transpose(0, 1).contiguous().transpose(0, 1)


@check(**draws("qk"), examples=16, expect=exact())
def scores(impl, q, k):
    """attention_scores is the dot product of each query with each key of its row and head."""
    one = impl.attention_scores(q[:1, :, :1], k[:1])
    return impl.attention_scores(q, k), impl.attention_scores(k=turned(q), q=turned(k)), one


@check(**draws("xwy"), examples=16, expect=exact(), after=())
def forms(impl, x, w, y):
    """bilinear sums x[b, i] * w[o, i, j] * y[b, j] over i and j, for each row b by itself."""
    one = impl.bilinear(x[:1], w[:1], y[:1])
    return impl.bilinear(x, w, y), impl.bilinear(y=x, x=y, w=w.mT), one


@check(**draws("z"), examples=16, expect=exact(), after=())
def traces(impl, z):
    """batch_trace sums each matrix's diagonal, with none to four leading axes."""
    two = torch.stack([z, -z])
    six = torch.stack([two, two.flip(1), -two])
    several = [z, z[0], z[:1], z.unsqueeze(-3), two, six, six[:, None]]
    return [*map(impl.batch_trace, several)], impl.batch_trace(x=turned(-z))


@check(
    frozen=choice(["", "qxw", "ky", "xyz", "w"]),
    **draws("qkxwyz", whole=False),
    examples=14,
    expect=near,
    after=basics,
)
def gradient(impl, frozen, **drawn):
    """The gradients reach every argument that needs one, and are right."""
    drawn = {name: one.detach() if name in frozen else one for name, one in drawn.items()}
    outs = list(results(impl, **drawn).values())
    attached = [out for out in outs if out.requires_grad]
    trained = [one for one in drawn.values() if one.requires_grad]
    return outs, gradients(attached, trained) if attached else []


class Seen(TorchFunctionMode):
    names = ()  # of the torch functions that are called

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.names = {*self.names, func.__name__.split(".")[0].strip("_")}
        return func(*args, **(kwargs or {}))


def einsum_alone(value, name, **drawn):
    if "einsum" not in value:
        return f"{name} never calls torch.einsum."
    for call in filter(ARITHMETIC.search, value):
        return f"{name} calls {call}; torch.einsum is to do all arithmetic."


def taken(z):
    return {"q": z, "k": z.flip(0), "x": z[:, 0, 0], "w": z[0], "y": z[:, 1, 0], "z": z}


@check(name=choice(list(given)), examples=6, expect=relation(einsum_alone), after=basics)
def einsum(impl, name):
    """Each function leaves its products and sums to torch.einsum, in every dtype."""
    with Seen() as seen:
        for dtype in FLOATS:
            arguments = taken(torch.eye(2, dtype=dtype).expand(2, 2, 2, 2))
            getattr(impl, name)(*map(arguments.get, given[name]))
        if name == "batch_trace":
            impl.batch_trace(torch.eye(2))
    return sorted(seen.names)


@check(shape=long, examples=4, expect=work(ops=24), after=("einsum",))
def lean(impl, shape):
    """The three take a fixed number of operations, whatever the sizes."""
    return results(impl, **taken(torch.linspace(-1, 2, prod(shape)).reshape(shape)))
