from itertools import product

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, Sizes, choice, lay_out, seeds, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close, relation

s, batch = Sizes("V E H", high=6), Sizes("B T", high=5)
# What is done to ids (B, T), each with every dtype: nothing, one row, one column, no row, no column
some, one, none = slice(None), slice(0, 1), slice(0, 0)
CUTS = [(some, some), (one, some), (some, one), (none, some), (some, none)]
FORMS = [(dtype, CUTS[0]) for dtype in FLOATS]
FORMS += [(FLOATS[i % 4], cut) for i, cut in enumerate(CUTS[1:] * 2)]
form = st.shared(choice(FORMS), key="form")
dtypes, cuts = (form.map(lambda form, place=place: form[place]) for place in range(2))
layouts = st.sampled_from(["contiguous", "transposed", "sliced", "repeated"])


def ids_of(cut, layout, vocab, rows, columns, seed):
    """Ids (B, T) below vocab; where they are repeated, all columns are one in memory."""
    ids = torch.randint(vocab, (rows, columns), generator=torch.Generator().manual_seed(seed))
    return (ids[:, :1].expand(rows, columns) if layout == "repeated" else lay_out(ids, layout))[cut]


def case(*regimes, dtypes=dtypes, cuts=cuts):
    """Draws for the ids, the table, weight and bias."""
    drawn = {"table": (s.V, s.E), "weight": (s.H, s.E), "bias": (s.H,)}
    found = {name: tensors(*size, dtype=dtypes, regimes=regimes) for name, size in drawn.items()}
    return {"ids": st.builds(ids_of, cuts, layouts, s.V, batch.B, batch.T, seeds), **found}


def net_of(impl, table, weight, bias):
    """A net of the learner's that holds these values, and its three parameters."""
    net = impl.EmbeddingNet(*table.shape, weight.shape[0]).to(table.dtype)
    three = [net.embedding.weight, net.linear.weight, net.linear.bias]
    with torch.no_grad():
        for parameter, values in zip(three, (table, weight, bias), strict=True):
            parameter.copy_(values)
    return net, three


def complaint(value, vocab, embed, hidden):
    """What is wrong with the names, shapes or first values of the parameters of two nets."""
    shapes = {"embedding.weight": (vocab, embed), "linear.weight": (hidden, embed)}
    shapes["linear.bias"] = (hidden,)
    for parameters, trained, saved in value:
        found = {name: tuple(one.shape) for name, one in parameters.items()}
        if found != shapes:
            return f"The parameters are {found}; they should be {shapes}."
        if not set(shapes) <= set(saved):
            return "A parameter is missing in state_dict()."
        if not all(trained):
            return "A parameter requires no gradient, or is not float32."
        if not all(one.isfinite().all() for one in parameters.values()):
            return "A first value is not finite."
        weights = [parameters[name] for name in ("embedding.weight", "linear.weight")]
        if any(one.numel() > 1 and (one == one.flatten()[0]).all() for one in weights):
            return "The first values of the table, or of the linear layer's weight, are all equal."
    return None


SIZES = [(4, 2, 3), (5, 3, 1), (1, 4, 2), (3, 1, 1), (1, 2, 1), (3, 3, 3), (1, 1, 4), (6, 1, 2)]
sizes = st.shared(choice(SIZES), key="sizes")
first, second, third = (sizes.map(lambda sizes, place=place: sizes[place]) for place in range(3))


@check(vocab=first, embed=second, hidden=third, examples=8, expect=relation(complaint))
def parameters(impl, vocab, embed, hidden):
    """embedding.weight, linear.weight and linear.bias are registered, are trained, no others."""
    named, found = {"hidden_dim": hidden, "embed_dim": embed, "vocab_size": vocab}, []
    for net in impl.EmbeddingNet(vocab, embed, hidden), impl.EmbeddingNet(**named):
        known = dict(net.named_parameters())
        trained = [p.requires_grad and p.dtype == torch.float32 for p in known.values()]
        found.append((known, trained, dict(net.state_dict())))
    return found


numbers = close(terms=24.0)  # a sum may cancel, and each of its terms may have been rounded


@check(**case("small", "normal"), examples=30, expect=numbers)
def matches(impl, ids, table, weight, bias):
    """Each id gives W e + c with the vector e of its row, whatever stands around it."""
    net, _ = net_of(impl, table, weight, bias)
    found = [net(ids), net(ids=ids.flip(0)), net(ids.flip(1)), net(ids[:, -1:]), net(ids[:1])]
    return [*found, net(torch.full_like(ids, len(table) - 1)), net(ids[:1].repeat(1, 130))]


@check(**case("small"), examples=14, expect=numbers, after=("matches",))
def current(impl, ids, table, weight, bias):
    """Uses what the parameters hold at the call, in either mode and with a graph or without, and
    however they were changed; nets share nothing."""
    net, three = net_of(impl, table, weight, bias)
    other, _ = net_of(impl, -table, weight.flip(0), 2 * bias)
    found = [net(ids), other(ids)]
    for trains, records in product((True, False), (True, False)):
        with torch.set_grad_enabled(records):
            found.append(net.train(trains)(ids))
            for parameter in three:
                parameter.data.neg_()  # no version counter tells of it
                found.append(net(ids))
    with torch.no_grad():
        for parameter in three:
            parameter.mul_(-2)
            found.append(net(ids))
        net.load_state_dict(other.state_dict())
        found += [net(ids), net.train()(ids)]
    for layer, name in (net.linear, "bias"), (net.embedding, "weight"), (net.linear, "weight"):
        setattr(layer, name, nn.Parameter(getattr(layer, name).detach() + 1))
        found.append(net(ids))
    return found


WANTED = [(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1)]
pair = st.shared(choice([(WANTED[i % 7], FLOATS[i % 4]) for i in range(14)]), key="pair")
cut = st.sampled_from(CUTS)


@check(
    wanted=pair.map(lambda pair: pair[0]),
    **case("small", dtypes=pair.map(lambda pair: pair[1]), cuts=cut),
    examples=16,
    expect=numbers,
    after=("matches", "current"),
)
def gradient(impl, wanted, ids, table, weight, bias):
    """The gradients reach the parameters that require one and are right, in either mode: repeated
    ids add up, and no row of the table is left out."""
    net, three = net_of(impl, table, weight, bias)
    for flag, parameter in zip(wanted, three, strict=True):
        parameter.requires_grad_(bool(flag))
    inputs = [parameter for parameter in three if parameter.requires_grad]
    outs = [net(ids), net.eval()(ids), net(torch.arange(len(table))[None])]
    # In other layouts the upstream gradients arrive transposed and with gaps.
    views = outs[0].transpose(0, 2), torch.stack((outs[1].detach(), outs[1]), -1), outs[2]
    return outs[0].requires_grad, [gradients(view, inputs) for view in views]
