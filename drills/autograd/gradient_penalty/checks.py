from itertools import product
from math import prod

import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, choice, generators, make_tensor, recipe, seeds
from drill.grader.checks import check
from drill.grader.expect import close, law, relation


class Critic:
    """Scores mix . f(weights x) with f(z) = z + sin(z) / 2, whose slope is never 0."""

    def __init__(self, width, seed=0, dtype=torch.float32, column=False, turned=False):
        source = torch.Generator().manual_seed(seed)
        drawn = (2 * torch.randint(1, 7, (width + 1, 2), generator=source) + 1) / 16
        drawn[2::2] *= -1
        self.mix, self.weights = drawn[0].to(dtype), drawn[1:].to(dtype)
        self.parameters = [self.mix.requires_grad_(), self.weights.requires_grad_()]
        self.column, self.turned, self.given = column, turned, []

    def __call__(self, x):
        self.given.append(x.tolist())
        z = (x.transpose(1, -1) if self.turned else x).flatten(1) @ self.weights
        scores = (z + torch.sin(z) / 2) @ self.mix
        return scores[:, None] if self.column else scores

    def asked(self):
        """The batches that it was called with."""
        return [torch.tensor(x).double() for x in self.given]


def batch(regime, samples):
    """Draws for tensors (samples, ...)."""
    shape = st.builds(lambda tail, samples: (samples, *tail), tails, samples)
    return st.builds(make_tensor, shape, dtypes, st.just(regime), st.sampled_from(LAYOUTS), seeds)


tails = st.shared(choice([(3,), (2, 3), (2, 3, 2), (4, 1), (1, 5), (1,)]), key="tail")
dtypes = st.shared(st.sampled_from([torch.float32, torch.float64]), key="dtype")
forms = {"seed": seeds, "column": st.booleans(), "turned": st.booleans()}
critics = recipe(Critic, width=tails.map(prod), dtype=dtypes, **forms)
points = batch("small", st.sampled_from([3, 2, 1, 5]))
many = st.shared(st.sampled_from([4, 5, 6]), key="many")
pair = {"real": batch("normal", many), "gap": batch("positive", many)}  # gap is never 0
held = {"before": st.sampled_from([None, 0.5]), "leaf": st.booleans()}
near = close(terms=20)  # a norm close to 1 cancels


@check(x=points, critic=critics, examples=24, expect=near)
def value(impl, x, critic):
    """Where fake equals real, and so every mix of them, it agrees with the formula."""
    return impl.gradient_penalty(critic=critic, real=x, fake=x.clone()).detach()


@check(x=points, critic=critics, **held, examples=18, expect=near)
def gradients(impl, x, critic, before, leaf):
    """backward() on it reaches the critic's parameters alone, rightly; the call no .grad."""
    sources = [x.requires_grad_(), x.detach().clone().requires_grad_()]
    real, fake = sources if leaf else [2 * one for one in sources]
    for one in (*critic.parameters, *sources):
        one.grad = None if before is None else torch.full_like(one, before)
    out = impl.gradient_penalty(critic, real, fake)
    kept = [None if one.grad is None else one.grad.clone() for one in critic.parameters]
    out.backward()
    end = [one.grad for one in (*critic.parameters, *sources)]
    return {"penalty": out, "critic's .grad": kept, "critic's, real's, fake's in the end": end}


def misplaced(value, real, gap, critic):
    """What is wrong with where the critic was asked, or with the penalty for these points."""
    if [x.shape for x in value["given"]] != [real.shape]:
        return "The critic should be called exactly once, with a batch of real's shape."
    (x,) = value["given"]
    share = ((x - real.double()) / gap.double()).flatten(1)
    least, most = share.aminmax()
    if (share - share[:, :1]).abs().max() > 1e-4:
        return "The elements of one sample are mixed with different epsilons."
    if least < -1e-4 or most > 1 + 1e-4:
        return "The critic is asked outside of the segment between real and fake."
    if most - least < 1e-4:
        return "All samples are mixed with the same epsilon."
    scores = Critic(**critic.arguments | {"dtype": x.dtype})(x.requires_grad_())
    (slopes,) = torch.autograd.grad(scores.sum(), x)
    wanted = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
    wrong = (value["penalty"] - wanted).abs() > 1e-4 * (1 + wanted)
    return "The penalty is not that of the points where the critic was asked." if wrong else None


@check(**pair, critic=critics, examples=12, expect=relation(misplaced))
def mixes(impl, real, gap, critic):
    """The critic is asked once, between real and fake, with one epsilon for each sample."""
    out = impl.gradient_penalty(critic, real, real + gap)
    return {"penalty": out.detach(), "given": critic.asked()}


alike = law(lambda **_: dict.fromkeys(product(range(4), repeat=2), 1 / 16))


@check(n=choice([2, 3]), source=generators, examples=2, expect=alike, after=("mixes",))
def spreads(impl, n, source):
    """The epsilons are uniform on [0, 1) and independent of each other: pairs, in quarters."""
    given, real = [], torch.zeros(n, 1)

    def critic(x):
        given.append(x.detach().clone())
        return x.exp().sum(1)

    for _ in range(420 // n):
        impl.gradient_penalty(critic, real, real + 1, source)
    return (4 * torch.cat(given)).long().clamp(max=3).reshape(-1, 2)


def unseeded(value, **_):
    """What is wrong with the use of the generators."""
    for source, (one, same, later, *numbers) in value.items():
        if not torch.equal(one, same):
            return f"With the same seed for {source} the mixes differ."
        if torch.equal(one, later):
            return f"With {source} a second call repeats the mixes of the first."
        if numbers and not torch.equal(*numbers):
            return "A call with a generator uses or changes the global one."
    return None


@check(n=many, dtype=dtypes, seed=seeds, examples=4, expect=relation(unseeded), after=("mixes",))
def seeded(impl, n, dtype, seed):
    """Random numbers come from the generator that is given, else from the global one."""

    def call(*generator):
        critic, real = Critic(3, dtype=dtype), torch.zeros(n, 3, dtype=dtype)
        impl.gradient_penalty(critic, real, real + 1, *generator)
        return critic.asked()[0]

    first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
    torch.manual_seed(7)
    given = [call(first), call(second), call(first), torch.rand(3)]
    given.append(torch.rand(3, generator=torch.manual_seed(7)))
    told = [call(*none) for none in ((), (None,)) if torch.manual_seed(seed)]
    return {"a generator": given, "torch.manual_seed": [*told, call()]}
