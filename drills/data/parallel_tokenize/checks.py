import importlib
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from itertools import accumulate
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from drill.grader.cases import choice, ints, seeds
from drill.grader.checks import check, refuses
from drill.grader.expect import exact

# The module of a tokenizer that any process can import. It keeps a log of who comes and goes; the
# first `crew` calls stay until all of them are there, or, `turned`, leave last text first. How
# long they wait is counted in wake-ups, which a busy machine delays for everyone alike.
WORDS = '''
import os, threading, time

class Unknown(LookupError):
    """What a text with a ? in it raises."""

def note(line):
    with open("log", "a") as file:
        file.write(line + "\\n")

def log(start):
    with open("log") as file:
        return sum(line.startswith(start) for line in file)

def wait(start, count):
    for _ in range(30):
        if log(start) >= count or log("gave up"):
            return
        time.sleep(0.01)
    note("gave up")

def tokenize(text):
    with open("plan") as file:
        crew, turned = map(int, file.read().split())
    note(f"in {os.getpid()} {threading.get_ident()} {text}")
    wait("in", crew)
    if "?" in text:
        note("out")
        raise Unknown(text, 7)
    if "~" in text:
        for _ in range(25):
            time.sleep(0.01)
    elif turned:
        wait("out", crew - 1 - int(text.split()[0]))
    elif not log("out"):
        time.sleep(0.03)  # one worker too many would come in now
    note("out")
    return [int(word) for word in text.strip("~").split()]
'''
WIDE = (2**53 + 1, 2**62 + 3, 2**63 - 1, -(2**63), -1, 0, 7)
PADS = (0, -100, 9, 2**53 + 1)


BAD_KINDS = ("threads", "Process", "", "fork", None)
lengths = st.lists(ints(0, 5), min_size=1, max_size=6)
both = ("same_as_serial", "at_once")


def words(crew, turned=False):
    """The module above, imported, and its log begun anew."""
    Path("log").write_text("")
    Path("plan").write_text(f"{crew} {int(turned)}")
    if "drill_words" not in sys.modules:
        Path("drill_words.py").write_text(WORDS)
        sys.path.insert(0, os.getcwd())
    return importlib.import_module("drill_words")


def alive(before):
    """How many threads and processes are there that weren't before, a moment given to go."""
    for _ in range(8):
        threads = [one for one in threading.enumerate() if one not in before]
        children = multiprocessing.active_children()
        if not threads and not children:
            break
        time.sleep(0.01)
    return {"threads left": len(threads), "processes left": len(children)}


def logged(impl, texts, workers, kind):
    """The result or error of a call with the tokenizer above, and what its log says."""
    tokenize, before = words(min(workers, len(texts))).tokenize, threading.enumerate()
    try:
        found = {"ids": impl.parallel_tokenize(texts, tokenize, workers, kind, 9)} | alive(before)
    except NotImplementedError:
        raise
    except Exception as error:  # the pool is to be closed when it leaves the call
        found = {"raised": type(error).__name__, "with": list(error.args)} | alive(before)
    lines = [line.split(" ", 3) for line in Path("log").read_text().splitlines()]
    calls = [line[1:] for line in lines if line[0] == "in"]
    names = {(True, True): "caller's thread", (True, False): "other thread"}
    here = str(os.getpid()), str(threading.get_ident())
    where = {names.get((pid == here[0], one == here[1]), "other process") for pid, one, _ in calls}
    found["called in"] = sorted(where)
    if not any("?" in text for text in texts):
        steps = [{"in": 1, "out": -1}.get(line[0], 0) for line in lines]
        return found | {"calls": len(calls), "at once": max(accumulate(steps))}
    return found | {"most calls for one text": max(Counter(call[2] for call in calls).values())}


def numbered(count):
    """Texts of one to three words, each the text's place."""
    return [" ".join([str(place)] * (1 + place % 3)) for place in range(count)]


def tabled(lengths, seed, more):
    """Texts, some of them equal, and the ids of each."""
    source = Random(seed)
    rows = [[source.choice(WIDE) for _ in range(length)] for length in lengths]
    table = {f"text {place}": row for place, row in enumerate(rows)}
    return [*table, *source.choices([*table], k=more)], table


@check(workers=choice([3, 2]), examples=3, expect=exact())
def in_order(impl, workers):
    """Rows stand in the order of the texts, whichever is ready first."""
    texts = [str(place) for place in range(workers)]
    return impl.parallel_tokenize(texts, words(workers, turned=True).tokenize, workers)


@check(
    batch=st.builds(tabled, lengths, seeds, ints(0, 3)),
    workers=ints(1, 4),
    pad_id=st.sampled_from(PADS),
    way=choice(["in order", "default", "named"]),
    examples=24,
    expect=exact(),
)
def same_as_serial(impl, batch, workers, pad_id, way):
    """One row a text, right-padded, as a loop would give it; tokenize is called once a text."""
    calls = []

    def tokenize(text):
        calls.append(text)
        return batch[1][text]

    def call(texts):
        if way != "named":
            rest = ["thread", pad_id] * (way == "in order")
            return impl.parallel_tokenize(texts, tokenize, workers, *rest)
        named = {"texts": texts, "tokenize": tokenize, "workers": workers}
        return impl.parallel_tokenize(**named, kind="thread", pad_id=pad_id)

    return call(batch[0]), call(batch[0][:1]), sorted(calls)


@check(count=choice([0, 1, 3]), workers=ints(1, 3), pad_id=st.sampled_from(PADS), expect=exact())
def no_tokens(impl, count, workers, pad_id):
    """Without texts the shape is (0, 0), without tokens (n, 0); int64 in any case."""
    return impl.parallel_tokenize([""] * count, list, workers, pad_id=pad_id)


@check(sizes=choice([(2, 5), (4, 9), (1, 3), (3, 1)]), examples=5, expect=exact())
def at_once(impl, sizes):
    """Exactly `workers` calls run at once, in other threads, and these are gone afterwards."""
    return logged(impl, numbered(sizes[1]), sizes[0], "thread")


@check(
    sizes=choice([(2, 4, 0, ""), (1, 3, 1, ""), (3, 6, -1, ""), (2, 2, 0, "~")]),
    examples=5,
    expect=exact(),
    after=both,
)
def own_error(impl, sizes):
    """What tokenize raises for a text leaves the call as it is, once the pool is closed."""
    workers, count, bad, slow = sizes
    texts = [text + slow for text in numbered(count)]  # one at work while the other raises
    texts[bad] = f"{texts[bad]} ?"
    return logged(impl, texts, workers, "thread")


@check(
    sizes=choice([(4, 9, []), (2, 3, ["1 ?"]), (2, 1, [])]),
    examples=4,
    expect=exact(),
    after=(*both, "own_error"),
)
def processes(impl, sizes):
    """All this holds with processes, which are others than the caller's."""
    began = time.process_time()  # the time limit follows the reference's processor time in this
    while (
        time.process_time() < began + 0.07 * sizes[0]
    ):  # process, and a spawned worker may import torch
        pass
    return logged(impl, numbered(sizes[1]) + sizes[2], sizes[0], "process")


@check(count=ints(0, 2), pad_id=st.sampled_from(PADS), examples=3, expect=exact(), after=())
def refusals(impl, count, pad_id):
    """Fewer than one worker, or another kind, raises ValueError before any text is tokenized."""
    calls = []
    cases = [(workers, kind) for kind in ("thread", "process") for workers in (0, -1)]
    return {
        f"{workers} workers, {kind!r}": refuses(
            (ValueError,),
            impl.parallel_tokenize,
            ["3"] * count,
            calls.append,
            workers,
            kind,
            pad_id,
        )
        for workers, kind in cases + [(2, kind) for kind in BAD_KINDS]
    } | {"calls": calls}
