from collections import OrderedDict
from itertools import product

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import Sizes, choice, ints, recipe, tensors
from drill.grader.checks import check

s = Sizes("N D", high=5)
dtypes = st.shared(st.sampled_from([torch.float32, torch.float64]), key="dtype")
rows = tensors(s.N, s.D, dtype=dtypes)
# Modes: whole, module, linear, inner, dropout, probe, norm, tail (1: training).
MODES = "11111111 00000000 11111101 00001000 11110111 01101011 11111011 10000000".split()
OUTSIDE = ["enable_grad", "no_grad", "inference_mode"]
ERRORS = {kind.__name__: kind for kind in (RuntimeError, ValueError, TypeError, KeyboardInterrupt)}
faults = choice(list(product(OUTSIDE, ERRORS)))


class Probe(nn.Module):
    """Three times its input in training. Counts its calls, and those with autograd on."""

    def __init__(self):
        super().__init__()
        self.error, self.recorded = None, 0
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        self.calls += 1
        self.recorded += torch.is_grad_enabled()
        if self.error:
            raise self.error
        return x * (3 if self.training else 1)


def net(width, seed, modes, dtype):
    """A model with batch norm, dropout that is part of two modules, and a probe."""
    drop, norm = nn.Dropout(0.4), nn.BatchNorm1d(width)
    module = nn.Sequential(nn.Linear(width, width), nn.Sequential(drop, Probe()))
    parts = OrderedDict(module=module, norm=norm, tail=nn.Sequential(drop))
    model = nn.Sequential(parts).to(dtype)
    source = torch.Generator().manual_seed(seed)
    for tensor in [*model.parameters(), norm.running_mean, norm.running_var]:
        tensor.data.copy_(0.5 + torch.rand(tensor.shape, generator=source, dtype=torch.float64))
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode == "1"
    return model


nets = recipe(net, modes=choice(MODES), width=s.D, seed=ints(0, 99), dtype=dtypes)


def modes_of(model):
    """By a module's name, whether it is in training."""
    return {name: module.training for name, module in model.named_modules()}


@check(model=nets, x=tensors(s.N, s.D, dtype=dtypes, grad=True), examples=24)
def evaluates(impl, model, x):
    """Gives what the model gives in evaluation mode, without a graph."""
    return [impl.run_inference(model, x), impl.run_inference(x=2 * x, model=model)]


@check(model=nets, x=rows, examples=8)
def autograd_off(impl, model, x):
    """Autograd is off inside forward: a graph is not built and thrown away."""
    out = impl.run_inference(model, x)
    return {"result": out, "calls with autograd on": model.module[1][1].recorded}


@check(model=nets, x=rows, examples=16)
def modes(impl, model, x):
    """Each module is in the mode that it came in."""
    return {"result": impl.run_inference(model, x), "training": modes_of(model)}


@check(outside=choice(OUTSIDE), model=nets, x=rows, examples=9)
def grad_mode(impl, outside, model, x):
    """Autograd is on, off or in inference mode for the caller as before."""
    with getattr(torch, outside)():
        out = impl.run_inference(model, x)
        return out, torch.is_grad_enabled(), torch.is_inference_mode_enabled()


@check(fault=faults, model=nets, x=rows, examples=14, after=("grad_mode", "modes"))
def errors(impl, fault, model, x):
    """What forward raises reaches the caller as it is; modes and autograd are as before."""
    probe = model.module[1][1]
    probe.error = ERRORS[fault[1]]("broken")
    with getattr(torch, fault[0])():
        try:
            found = impl.run_inference(model, x)
        except (Exception, KeyboardInterrupt) as error:
            found = [type(error).__name__, "as it is" if error is probe.error else "another"]
        autograd = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    return {"raised": found, "calls": probe.calls, "training": modes_of(model), "on": autograd}


@check(model=nets, x=rows, frozen=ints(0, 3), examples=10, after=("modes", "autograd_off"))
def left_alone(impl, model, x, frozen):
    """The model itself is called, once, hooks included; nothing else that it holds changes."""
    parameters, seen = list(model.parameters()), []
    parameters[frozen].requires_grad_(False)
    parameters[frozen - 1].grad = torch.full_like(parameters[frozen - 1], 3.0)
    model.register_forward_hook(lambda *_: seen.append("called"))
    out = impl.run_inference(model, x)
    held = [(parameter.requires_grad, parameter.grad) for parameter in model.parameters()]
    return out, seen, held, dict(model.state_dict())  # with the number of calls
