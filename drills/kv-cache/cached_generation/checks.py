import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, cached_lm, ints, lay_out, recipe, token_ids
from drill.grader.checks import attempt, check
from drill.grader.expect import exact, times_reference, work
from drill.grader.models import CachedLM

s = Sizes("B T", low=1, high=5)
few = ints(0, 99)  # seeds: a small range shrinks fast
V = st.shared(st.sampled_from([3, 2, 4, 6]), key="vocab")
prompt = st.builds(lay_out, token_ids(s.B, s.T, vocab=V), st.sampled_from(LAYOUTS))
some_token = V.flatmap(lambda vocab: ints(0, vocab - 1))


class Watched(CachedLM):
    """A CachedLM that notes how it is called. Its past is a list, which may be empty."""

    def __init__(self, empty=False, fails=False, **facts):
        super().__init__(**facts)
        self.empty, self.fails = empty, fails
        self.last, self.pasts, self.modes = None, [], set()

    def __call__(self, ids, past=None):
        known = "none" if past is None else "the last" if past is self.last else "another"
        self.pasts.append(known)
        self.modes.add(torch.is_grad_enabled())
        if self.fails:
            raise OverflowError("the model fails")
        logits, self.newest = super().__call__(ids, None if past is None else self.newest)
        self.last = [] if self.empty else [self.newest.states]
        return logits, self.last


def watched(**draws):
    return recipe(Watched, vocab=V, seed=few, **draws)


plain = {"model": cached_lm(V), "ids": prompt}


@check(**plain, other=cached_lm(V), new=ints(0, 7), examples=30, expect=exact())
def matches(impl, model, ids, other, new):
    """Without an eos_id it equals greedy decoding that feeds the whole sequence at every step."""
    first = impl.generate_cached(model, ids, new)
    return first, impl.generate_cached(model=other, ids=ids, max_new_tokens=new, eos_id=None)


@check(**plain, new=ints(0, 9), eos=some_token, examples=35, expect=exact())
def finishes(impl, model, ids, new, eos):
    """Rows finish at their own eos_id and are filled with it; the last one ends generation."""
    return impl.generate_cached(model, ids, new, eos_id=eos)


@check(
    **plain,
    new=st.one_of(ints(0, 6), st.just(24)),
    eos=st.one_of(some_token, st.none()),
    examples=25,
    after=("matches", "finishes"),
    expect=work(model_calls=times_reference(1), tokens_fed=times_reference(1), values=exact()),
)
def feeds(impl, model, ids, new, eos):
    """The prompt is fed once, then one token a step; no call is made whose logits nobody uses."""
    return impl.generate_cached(model, ids, new, eos)


@check(model=watched(empty=st.booleans()), ids=prompt, new=ints(2, 5), examples=12, expect=exact())
def passes_on(impl, model, ids, new):
    """Every call gets the very past that the call before returned, whatever it is."""
    out = impl.generate_cached(model, ids, new)
    return out, {"first call": model.pasts[0], "later calls": sorted(set(model.pasts[1:]))}


@check(
    model=watched(fails=st.booleans()),
    ids=prompt,
    new=ints(1, 4),
    caller=st.booleans(),
    examples=15,
    expect=exact(),
)
def autograd(impl, model, ids, new, caller):
    """Autograd is off inside the model and as it was before afterwards, after an error too."""
    with torch.set_grad_enabled(caller):
        out = attempt(impl.generate_cached, model, ids, new)
        after = torch.is_grad_enabled()
    return out, {"autograd in the model": sorted(model.modes), "afterwards": after}
