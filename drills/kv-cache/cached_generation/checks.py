import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, choice, ints, lay_out, recipe, token_ids
from drill.grader.checks import attempt, check
from drill.grader.expect import exact, times_reference, work
from drill.grader.models import STATES, TinyLM

s = Sizes("B T", low=1, high=5)
V = st.shared(st.sampled_from([3, 2, 4, 6]), key="vocab")
prompt = st.builds(lay_out, token_ids(s.B, s.T, vocab=V), st.sampled_from(LAYOUTS))
some_token = st.builds(lambda vocab, drawn: drawn % vocab, V, ints(0, 5))
KINDS = ("float32", "near float32", "near float64", "near bfloat16", "low float16")


class Model(TinyLM):
    """Its past lists the tensors it was fed, or is empty. "near" logits: two roundings apart."""

    def __init__(self, vocab, seed, logits="float32", empty=False, fails_at=0):
        super().__init__(vocab, seed)
        kind, _, name = logits.rpartition(" ")
        dtype, table = getattr(torch, name), self.table.double()  # 0.5 apart
        if kind == "near":
            table = 1 / 64 + table * torch.finfo(dtype).eps / 16
        self.table = (8192 * (table - 2) if kind == "low" else table).to(dtype)
        self.empty, self.fails_at = empty, fails_at
        self.fed, self.last, self.pasts, self.modes = [], None, [], set()

    def __call__(self, ids, past=None):
        self.count(ids)
        if ids.dtype != torch.int64 or ids.min() < 0 or ids.max() >= self.vocab:
            raise IndexError(f"the model takes int64 ids from 0 to {self.vocab - 1}")
        right = "the last" if past is self.last else "a wrong one"
        self.pasts.append("no past" if past is None else right)
        self.modes.add(torch.is_grad_enabled())
        if self.counts["model calls"] == self.fails_at:
            raise OverflowError("the model fails")
        self.fed = [*([] if past is None else self.fed if self.empty else past), ids]
        self.last = [] if self.empty else self.fed
        text = torch.cat(self.fed, dim=1)
        weights = 1 + 7 * torch.arange(text.shape[1]) % 60
        states = ((text + 1) * weights).cumsum(1) % STATES
        return self.table[states[:, -ids.shape[1] :]], self.last


def model(**draws):
    return recipe(Model, vocab=V, seed=ints(0, 99), **draws)


any_logits = model(logits=choice(KINDS))


@check(model=any_logits, ids=prompt, other=any_logits, new=ints(0, 7), examples=30, expect=exact())
def matches(impl, model, ids, other, new):
    """Without an eos_id it equals greedy decoding that feeds the whole sequence at every step."""
    first = impl.generate_cached(model, ids, new)
    return first, impl.generate_cached(model=other, ids=ids, max_new_tokens=new, eos_id=None)


@check(model=model(), ids=prompt, new=ints(0, 9), eos=some_token, examples=30, expect=exact())
def finishes(impl, model, ids, new, eos):
    """Rows finish at their own eos_id and are filled with it; the last one ends generation."""
    first = impl.generate_cached(model, ids, new, eos_id=eos)
    return first, impl.generate_cached(model, first, new, eos)  # eos_id stands in the prompt now


@check(
    model=model(),
    ids=prompt,
    new=choice([3, 0, 1, 6, 20]),
    eos=st.one_of(st.none(), some_token),
    examples=20,
    after=("matches", "finishes"),
    expect=work(model_calls=times_reference(1), tokens_fed=times_reference(1), values=exact()),
)
def feeds(impl, model, ids, new, eos):
    """The prompt is fed once, then one token a step; no call is made whose logits nobody uses."""
    return impl.generate_cached(model, ids, new, eos)


@check(model=model(empty=st.booleans()), ids=prompt, new=ints(2, 5), examples=10, expect=exact())
def passes_on(impl, model, ids, new):
    """Every call gets the very past that the call before returned, whatever it is."""
    out = [impl.generate_cached(model, ids, new) for _ in range(2)]
    return out, {
        f"calls with {past}": model.pasts.count(past) for past in ("no past", "a wrong one")
    }


failing = model(fails_at=choice([0, 1, 2]))


@check(model=failing, ids=prompt, new=ints(2, 4), caller=st.booleans(), examples=14, expect=exact())
def autograd(impl, model, ids, new, caller):
    """Autograd is off inside the model and as it was before afterwards, after an error too."""
    with torch.set_grad_enabled(caller):
        out = attempt(impl.generate_cached, model, ids, new)
        after = torch.is_grad_enabled()
    return out, {"autograd in the model": sorted(model.modes), "afterwards": after}
