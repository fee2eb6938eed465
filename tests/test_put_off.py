"""Heavy modules of torch are imported when they are needed, and training needs none of them."""

import subprocess
import sys

import pytest

from drill.grader.put_off import Dynamo, Shapes

SMALL_QUESTIONS = """
import sys
import torch
from torch.utils.checkpoint import checkpoint
from drill.grader.put_off import Dynamo, DynamoConfig, Shapes, StandIn, put_off

put_off()
put_off()  # once is enough
weight = torch.ones(2, requires_grad=True)
for kind in (torch.optim.SGD, torch.optim.AdamW):
    optimizer = kind([weight], lr=0.5)
    optimizer.zero_grad()
    weight.sum().backward()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
assert (weight < 0.51).all()
loss = checkpoint(lambda x: x * x, weight, use_reentrant=False)
loss.backward(torch.ones(2), retain_graph=True)
try:
    loss.backward(torch.ones(3))
except RuntimeError as error:
    assert "shape" in str(error)
else:
    raise AssertionError("a gradient of another shape is taken")
assert isinstance(sys.modules["torch._dynamo"], Dynamo), "dynamo was brought in"
assert "sympy" not in sys.modules, "sympy was brought in"
"""
COMPILE = """
import torch._dynamo.config

assert not isinstance(torch._dynamo.config, StandIn)
assert not isinstance(sys.modules["torch._dynamo"], StandIn)
assert torch.compile(lambda x: 2 * x + 1, backend="eager")(torch.ones(2)).tolist() == [3.0, 3.0]
assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
"""
SETTING = """
assert torch._dynamo.config.cache_size_limit > 0
assert not isinstance(sys.modules["torch._dynamo"], StandIn)
"""
SYMBOLS = """
from torch.fx.experimental.symbolic_shapes import ShapeEnv, sym_eq

assert ShapeEnv.__module__ == "torch.fx.experimental.symbolic_shapes"
assert torch.func.grad(lambda x: (x * x).sum())(torch.ones(2)).tolist() == [2.0, 2.0]
"""


@pytest.mark.parametrize("need", [COMPILE, SETTING, SYMBOLS])
def test_only_what_needs_them_imports_them(need: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SMALL_QUESTIONS + need], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_small_questions_are_answered() -> None:
    dynamo = Dynamo()
    assert dynamo.disable(len) is len
    assert dynamo.disable(recursive=False)(len) is len
    assert dynamo.graph_break() is None
    assert not hasattr(dynamo, "__file__")
    assert Shapes().sym_eq((2, 3), [2, 3]) is True
    assert Shapes().sym_eq((2, 3), (3, 2)) is False
    assert Shapes().expect_true(False) is False
