import builtins
import itertools
import json
import os
import random
import tracemalloc
from pathlib import Path

import numpy as np
import torch
from hypothesis import strategies as st
from torch.utils.data import DataLoader
from torch.utils.data._utils import worker as torchs

from drill.grader.cases import choice, ints
from drill.grader.checks import check, refuses
from drill.grader.expect import exact, relation

FILES = [[7, 4], [6], [3, 2, 9], [1, 12, 1, 5], [2, 2], [16, 3], [1, 2]]  # tokens in each file
MANY = [[48], [40, 9, 31], [3, 60]]
# Ranks, workers of each, and whether these are real processes or only what torch tells a worker.
SHARES = [(r, w, False) for r, w in [(2, 1), (1, 2), (3, 1), (2, 3), (1, 3), (4, 2), (5, 1)]]
SHARES.append((1, 2, True))
MIB = 1 << 20


def written(sizes):
    """Files of so many tokens, none of which comes twice; as int16 they would be negative."""
    first = 65536 - 700
    for place, size in enumerate(sizes):
        np.arange(first, first + size).astype("<u2").tofile(f"tokens{place}.bin")
        first += size
    return [f"tokens{place}.bin" for place in range(len(sizes))]


def share(dataset, workers, real):
    """What each of a loader's workers is given."""
    if real:
        options = {"multiprocessing_context": "fork", "timeout": 1}
        return [*DataLoader(dataset, batch_size=None, num_workers=workers, **options)]
    items = []
    for worker in range(workers):
        info = {"id": worker, "num_workers": workers, "seed": worker, "dataset": dataset}
        torchs._worker_info = torchs.WorkerInfo(**info) if workers > 1 else None
        try:
            items += list(dataset)
        finally:
            torchs._worker_info = None
    return items


def stacked(items):
    """All items as one tensor, sorted by their first tokens."""
    return torch.stack(sorted(items, key=lambda item: int(item[0]))) if items else "no item"


def firsts(items):
    return [int(item[0]) for item in items]


@check(sizes=choice(FILES), block=ints(1, 4), seed=ints(0, 9), e=ints(0, 3), expect=exact())
def blocks(impl, sizes, block, seed, e):
    """All whole blocks of each file come once, as int64; no block spans two files."""
    dataset = impl.TokenStreamDataset(written(sizes), block, seed=seed)
    first = [*dataset]
    dataset.set_epoch(e)
    return stacked(first), stacked([*dataset])


@check(
    share_of=choice(SHARES),
    sizes=st.sampled_from(FILES),
    e=ints(0, 3),
    block=ints(1, 3),
    expect=exact(),
)
def shares(impl, share_of, sizes, e, block):
    """Over ranks and workers each block comes once; ranks differ by one block at most."""
    (world, workers, real), paths, ranks = share_of, written(sizes), []
    for rank in range(world):
        dataset = impl.TokenStreamDataset(paths, block, 7, rank, world, 8)
        dataset.set_epoch(e)
        ranks.append(share(dataset, workers, real))
    return stacked([*itertools.chain(*ranks)]), sorted(map(len, ranks))


def elsewhere(value, inner=hash):
    """The hash that another process would have: that of text differs from process to process."""
    parts = value if isinstance(value, tuple) else (value,)
    return inner(value) ^ (0xA5A5A5 if any(isinstance(part, (str, bytes)) for part in parts) else 0)


@check(
    sizes=choice(MANY),
    seed=ints(0, 9),
    e=ints(0, 5),
    buffer=st.sampled_from([256, 16]),
    examples=9,
    expect=exact(),
)
def shuffles(impl, sizes, seed, e, buffer):
    """The order depends on seed and epoch alone, and is never that of the files."""
    paths, runs = written(sizes), {}

    def made(seed):
        return impl.TokenStreamDataset(paths=paths, block=2, seed=seed, buffer=buffer)

    def run(name, dataset, epoch=None):
        for reseed in (torch.manual_seed, np.random.seed, random.seed):
            reseed(len(runs))
        if epoch is not None:
            dataset.set_epoch(epoch)
        runs[name] = firsts(dataset)
        return dataset

    runs["file order"] = sorted(firsts(made(seed)))
    one = run("again", run(f"epoch {e}", made(seed), e))
    run(f"epoch {e}, later", run(f"epoch {e + 1}", one, e + 1), e)
    run(f"epoch {e}, new dataset", made(seed), e)
    run("epoch 0", made(seed), 0)
    run("no epoch set", made(seed))
    run("other seed", made(seed + 50), e)
    run("seed 0", made(0), e)
    run("no seed", impl.TokenStreamDataset(paths, 2, buffer=buffer), e)
    builtins.hash = elsewhere
    try:
        run(f"epoch {e}, another process", made(seed), e)
    finally:
        builtins.hash = elsewhere.__defaults__[0]
    start = runs[f"epoch {e}"].index(65536 - 700)
    turned = runs[f"epoch {e}"][start:] + runs[f"epoch {e}"][:start]
    found = {name: next(other for other in runs if runs[other] == runs[name]) for name in runs}
    return found | {"a rotation of the files": turned == runs["file order"]}


@check(
    taken=choice([3, 0, 5, 1, 1000]),
    more=ints(1, 2),
    sizes=st.sampled_from(MANY),
    rank=ints(0, 1),
    e=ints(0, 3),
    examples=14,
    expect=exact(),
)
def resumes(impl, taken, more, sizes, rank, e):
    """A state, through JSON into a new dataset, gives the rest; a whole epoch follows."""
    paths, step = written(sizes), itertools.islice

    def made(state=None):
        dataset = impl.TokenStreamDataset(paths, 3, seed=2, rank=rank, world=2)
        if state is not None:
            dataset.load_state_dict(json.loads(json.dumps(state)))
        return dataset

    first, again = made(), made()
    for dataset in (first, again) if e else ():
        dataset.set_epoch(e)
    whole = firsts(again)
    fresh, running = firsts(made(first.state_dict())), iter(first)
    begun = firsts(step(running, min(taken, len(whole))))
    state = first.state_dict()
    firsts(step(running, min(2, len(whole) - len(begun))))  # what was told stays as it is
    second = made(state)
    begun_again = firsts(step(second, more))
    third = made(second.state_dict() if begun_again else state)
    seen = {"in pieces": begun + begun_again + firsts(third), "after them": firsts(third)}
    seen |= {"anew": firsts(first), "anew, too": firsts(second), "before any": fresh}
    return {name: [whole.index(item) for item in items] for name, items in seen.items()}


def resident():
    """Bytes of this process's own memory, without what is mapped from files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def lean(value, **_):
    """Complains about more memory than the statement allows."""
    grown, peak, items = value
    if grown > 1.2 * MIB + 16 * 1024 * 8 + 32 * 8192 + 2 * MIB:
        return "With files of 16 MiB it holds too much memory beside the map."
    if peak > MIB + 16 * 8 + 32 * 40_000:
        return "With 40,000 blocks of one token it holds too much memory for each block."
    return None if items == [[1024] * 20, [1] * 20] else "The items have another size."


@check(seed=ints(0, 9), e=ints(0, 1), examples=2, expect=relation(lean))
def memory(impl, seed, e):
    """The files stay on disk, and a block costs 32 bytes at most."""
    written([40])
    [*impl.TokenStreamDataset(["tokens0.bin"], 4)]  # whatever is imported late is there then
    for name, tokens in (("large", 8 * MIB), ("long", 40_000)):
        with open(name, "wb") as file:
            file.truncate(2 * tokens)
    sizes, before, made = [], resident(), impl.TokenStreamDataset
    large = made(["large"], 1024, seed, 0, 1, 16)
    large.set_epoch(e)
    running = iter(large)
    sizes.append([len(item) for item in itertools.islice(running, 20)])
    grown = resident() - before
    tracemalloc.start()
    try:
        running = iter(made(["long"], 1, seed, buffer=16))
        sizes.append([len(item) for item in itertools.islice(running, 20)])
        return grown, tracemalloc.get_traced_memory()[1], sizes
    finally:
        tracemalloc.stop()
        os.remove("large")


@check(block=ints(1, 3), at=ints(0, 2), examples=3, expect=exact(), after=())
def refusals(impl, block, at):
    """A block below 1 raises ValueError, a missing file FileNotFoundError when it is iterated."""
    paths = written([6, 7])
    found = [refuses((ValueError,), impl.TokenStreamDataset, paths, bad) for bad in (0, -1, -block)]
    paths.insert(at, "nowhere.bin")
    missing = refuses((FileNotFoundError,), lambda: [*impl.TokenStreamDataset(paths, block)])
    return found, missing
