import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, choice, ints, lay_out, recipe, token_ids
from drill.grader.checks import attempt, check
from drill.grader.expect import exact, work
from drill.grader.models import STATES, TinyLM

s = Sizes("B T", low=1, high=5)
V = st.shared(st.sampled_from([3, 2, 4, 6]), key="vocab")
prompt = st.builds(lay_out, token_ids(s.B, s.T, vocab=V), st.sampled_from(LAYOUTS))
token = st.shared(st.builds(lambda vocab, drawn: drawn % vocab, V, ints(0, 5)), key="eos")
KINDS = ("float32", "near float32", "near float64", "near bfloat16", "low float16")


class Model(TinyLM):
    """The logit of `eos` is raised by `lean`. "near" logits: a rounding or two apart."""

    def __init__(self, vocab, seed, eos, lean, logits="float32", fails_at=0):
        super().__init__(vocab, seed)
        kind, _, name = logits.rpartition(" ")
        dtype, table = getattr(torch, name), self.table.double()  # 0.5 apart
        table[:, eos] += lean
        if kind == "near":
            table = 1 / 64 + table * torch.finfo(dtype).eps / 16
        self.table = (8192 * (table - 2) if kind == "low" else table).to(dtype)
        self.fails_at, self.modes = fails_at, set()

    def __call__(self, ids):
        self.count(ids)
        if ids.dtype != torch.int64 or ids.min() < 0 or ids.max() >= self.vocab:
            raise IndexError(f"the model takes int64 ids from 0 to {self.vocab - 1}")
        self.modes.add(torch.is_grad_enabled())
        if self.counts["model calls"] == self.fails_at:
            raise OverflowError("the model fails")
        weights = 1 + 7 * torch.arange(ids.shape[1]) % 60
        return self.table[((ids + 1) * weights).cumsum(1) % STATES]


def model(lean, **draws):
    return recipe(Model, vocab=V, seed=ints(0, 99), eos=token, lean=lean, **draws)


sometimes, often, never = 0.0, 0.75, -2.25
quiet = model(never, logits=choice(KINDS))
loud = model(st.sampled_from([sometimes, often]), logits=choice(KINDS))


@check(
    model=quiet, other=quiet, ids=prompt, steps=ints(0, 6), eos=token, examples=30, expect=exact()
)
def matches(impl, model, other, ids, steps, eos):
    """Where eos_id never comes, `steps` columns of greedy decoding follow the prompt."""
    first = impl.decode_without_sync(model, ids, steps, eos)
    return first, impl.decode_without_sync(model=other, ids=ids, steps=steps, eos_id=eos)


@check(model=loud, ids=prompt, steps=ints(0, 8), eos=token, examples=26, expect=exact())
def finishes(impl, model, ids, steps, eos):
    """Each row is filled with eos_id from its own first one on; the others go on to full width."""
    first = impl.decode_without_sync(model, ids, steps, eos)
    return first, impl.decode_without_sync(model, first, steps, eos)  # eos_id stands in the prompt


@check(
    model=model(st.sampled_from([often, never])),
    # A mistake that reads once a step shows as such beside one that reads once a row.
    ids=token_ids(st.sampled_from([3, 1, 4]), ints(1, 4), vocab=V),
    steps=choice([7, 3, 40]),
    eos=token,
    examples=18,
    after=("matches", "finishes"),
    expect=work(host_reads=0, model_calls=lambda steps, **_: steps, values=exact()),
)
def never_waits(impl, model, ids, steps, eos):
    """Python never waits for the value of a tensor, and the model is called once a step."""
    return impl.decode_without_sync(model, ids, steps, eos)


@check(
    model=model(sometimes, fails_at=choice([0, 1, 2])),
    ids=prompt,
    steps=ints(2, 4),
    eos=token,
    caller=st.booleans(),
    examples=14,
    after=("matches", "finishes"),
    expect=exact(),
)
def autograd(impl, model, ids, steps, eos, caller):
    """Autograd is off inside the model and as it was before afterwards, after an error too."""
    with torch.set_grad_enabled(caller):
        out = attempt(impl.decode_without_sync, model, ids, steps, eos)
        after = torch.is_grad_enabled()
    return out, {"autograd in the model": sorted(model.modes), "afterwards": after}
