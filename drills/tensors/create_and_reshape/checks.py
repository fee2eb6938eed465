import contextlib
import io

import torch

from drill.grader.cases import choice, seeds
from drill.grader.checks import check
from drill.grader.expect import exact, relation

NAMED = [(True, "cpu"), *((None, name) for name in ("meta", "cuda", "nowhere", "cuda:97", "CPU"))]


def call(impl, *device):
    """A report and what the call printed, which is kept from the screen."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        return impl.create_and_reshape(*device), printed.getvalue()


@check(examples=1, expect=exact())
def facts(impl):
    """original is (3, 4) and reshaped (2, 6), both float32; the report tells what original is."""
    report = impl.create_and_reshape(device="cpu")
    parts = {"original": report.original, "reshaped": report.reshaped, "report": report}
    found = {name: (tuple(x.shape), x.dtype, x.device.type) for name, x in parts.items()}
    return found | {"shape is a tuple": isinstance(report.shape, tuple)}


def misplaced(value, seed):
    original, reshaped = (x.flatten() for x in value)
    names = {4: "is original.T.reshape(2, 6)", 2: "is original.reshape(6, 2).T"}
    found = [names[n] for n in names if torch.equal(reshaped, original.view(-1, n).T.flatten())]
    alike = torch.equal(original.sort().values, reshaped.sort().values)
    found += [f"holds {'the numbers in another order' if alike else 'other numbers'}"]
    return None if torch.equal(original, reshaped) else f"reshaped {found[0]}."


@check(seed=seeds, examples=6, expect=relation(misplaced))
def order(impl, seed):
    """reshaped holds the numbers of original in row-major order, after another call, too."""
    torch.manual_seed(seed)
    report, _ = call(impl, "cpu")
    call(impl, "cpu")
    return report.original, report.reshaped


def irregular(value, seed):
    """What is wrong with some calls; of 200 that are right by chance less than once in 10^7."""
    first, later, again, many = value
    drawn = many.flatten(1).double()  # (200, 12)
    if (drawn == drawn[0, 0]).all():
        return "All entries of original are equal."
    if (drawn == drawn.round()).all():
        return "The entries of original are whole numbers."
    if any(row.abs().unique().numel() < 10 for row in drawn):
        return "Many entries of original are equal, up to sign."
    if not torch.equal(first, later):
        return "A second call changes what the first one returned."
    if drawn.unique().numel() < drawn.numel() - 9:
        return "Two calls give the same numbers."
    if not torch.equal(first, again):
        return "torch.manual_seed does not repeat a call."
    score = (drawn - drawn.mean(0)) / drawn.std(0)
    alike = (score.T @ score / 200).fill_diagonal_(0).abs().max()
    return "The entries of original depend on one another." if alike > 0.45 else None


@check(seed=seeds, examples=2, expect=relation(irregular))
def draws(impl, seed):
    """original holds random floats: two calls differ, and torch.manual_seed repeats a call."""
    torch.manual_seed(seed)
    kept = call(impl, "cpu")[0].original
    first = kept.clone()
    many = torch.stack([call(impl, "cpu")[0].original.clone() for _ in range(200)])
    later = kept.clone()
    torch.manual_seed(seed)
    return first, later, call(impl, "cpu")[0].original, many


def where(impl, available, *device):
    ask = torch.cuda.is_available  # it will say `available`, if that is not None
    code, says = ask.__code__, {True: lambda: True, False: lambda: False, None: ask}[available]
    ask.__code__ = says.__code__  # seen by every name that the function goes by
    try:
        made, _ = call(impl, *device)
        places = [part.device.type for part in (made.original, made.reshaped, made)]
        return "original on {}, reshaped on {}, device {}".format(*places)
    except Exception:
        return "an error"
    finally:
        ask.__code__ = code


@check(available=choice([[True], [False, True], [True, False]]), examples=6, expect=exact())
def default_device(impl, available):
    """None is "cuda" if torch.cuda.is_available() at the time of the call, else "cpu"."""
    return [where(impl, answer, *device) for answer in available for device in ([], [None])]


@check(named=choice(NAMED), examples=12, expect=exact())
def named_device(impl, named):
    """A device that is named is used, whatever else there is; one that can't be used raises."""
    return where(impl, *named)


def unsaid(texts):
    lacks = " or ".join(part for part in ("3, 4", "float32") if any(part not in t for t in texts))
    return f"It printed {'a text' if all(texts) else 'nothing'}: no {lacks}." if lacks else None


@check(examples=1, expect=relation(unsaid), after=("default_device", "named_device"))
def prints(impl):
    """Each call prints the shape and the dtype of original to sys.stdout, on any device."""
    return [call(impl, *device)[1] for device in (["cpu"], ["cpu"], ["meta"], [])]
