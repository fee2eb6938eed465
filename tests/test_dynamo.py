"""torch._dynamo is imported when it is needed, and no optimizer needs it."""

import subprocess
import sys

from drill.grader.dynamo import LazyDynamo

STEP = """
import sys
import torch
from drill.grader.dynamo import LazyDynamo, put_off

put_off()
put_off()  # once is enough
weight = torch.ones(2, requires_grad=True)
for kind in (torch.optim.SGD, torch.optim.AdamW):
    optimizer = kind([weight], lr=0.5)
    optimizer.zero_grad()
    weight.sum().backward()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
assert isinstance(sys.modules["torch._dynamo"], LazyDynamo), "an optimizer brought it in"
assert (weight < 0.51).all()
"""
COMPILE = """
import torch._dynamo.config

assert not isinstance(sys.modules["torch._dynamo"], LazyDynamo)
assert torch.compile(lambda x: 2 * x + 1, backend="eager")(torch.ones(2)).tolist() == [3.0, 3.0]
assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
"""


def test_only_what_compiles_imports_it() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", STEP + COMPILE], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_asks_nothing_of_functions_that_it_stays_out_of() -> None:
    lazy = LazyDynamo("not.imported")
    assert lazy.disable(len) is len
    assert lazy.disable(recursive=False)(len) is len
    assert lazy.graph_break() is None
    assert not hasattr(lazy, "__file__")
