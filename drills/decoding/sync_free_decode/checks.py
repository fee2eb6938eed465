import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, ints, lay_out, recipe, token_ids
from drill.grader.checks import check
from drill.grader.expect import exact, work
from drill.grader.models import TinyLM

s = Sizes("B T", low=1, high=5)
few = ints(0, 99)  # seeds: a small range shrinks fast
V = st.shared(st.sampled_from([3, 2, 4, 6]), key="vocab")
prompt = st.builds(lay_out, token_ids(s.B, s.T, vocab=V), st.sampled_from(LAYOUTS))
token = st.shared(V.flatmap(lambda vocab: ints(0, vocab - 1)), key="eos")


class Watched(TinyLM):
    """A TinyLM that notes if autograd is on when it is called; it says `eos` often or never."""

    def __init__(self, eos=0, lean=0.0, **facts):
        super().__init__(**facts)
        self.modes = set()
        self.table[:, eos] += lean

    def __call__(self, ids):
        self.modes.add(torch.is_grad_enabled())
        return super().__call__(ids)


def lm(lean):
    return recipe(Watched, vocab=V, seed=few, eos=token, lean=lean)


often, never = 0.6, -100.0  # added to the logit of eos_id; logits are 0.5 apart


@check(
    model=lm(never),
    other=lm(never),
    ids=prompt,
    steps=ints(0, 6),
    eos=token,
    examples=30,
    expect=exact(),
)
def matches(impl, model, other, ids, steps, eos):
    """Where eos_id never comes, `steps` columns of greedy decoding follow the prompt."""
    first = impl.decode_without_sync(model, ids, steps, eos)
    return first, impl.decode_without_sync(model=other, ids=ids, steps=steps, eos_id=eos)


@check(
    model=lm(st.sampled_from([0.0, often])),
    ids=prompt,
    steps=ints(0, 9),
    eos=token,
    examples=35,
    expect=exact(),
)
def finishes(impl, model, ids, steps, eos):
    """Each row is filled with eos_id from its own first one on; the others go on to full width."""
    return impl.decode_without_sync(model, ids, steps, eos)


@check(
    model=lm(often),
    ids=prompt,
    steps=st.sampled_from([8, 3, 20]),
    eos=token,
    examples=20,
    after=("matches", "finishes"),
    expect=work(host_reads=0, model_calls=lambda steps, **_: steps, values=exact()),
)
def never_waits(impl, model, ids, steps, eos):
    """Python never waits for the value of a tensor, and the model is called once a step."""
    return impl.decode_without_sync(model, ids, steps, eos)


@check(
    model=lm(0.0),
    ids=prompt,
    steps=ints(1, 4),
    eos=token,
    caller=st.booleans(),
    examples=10,
    after=("matches", "finishes"),
    expect=exact(),
)
def autograd(impl, model, ids, steps, eos, caller):
    """Autograd is off inside the model, and afterwards as it was before."""
    with torch.set_grad_enabled(caller):
        out = impl.decode_without_sync(model, ids, steps, eos)
        after = torch.is_grad_enabled()
    return out, {"autograd in the model": sorted(model.modes), "afterwards": after}
