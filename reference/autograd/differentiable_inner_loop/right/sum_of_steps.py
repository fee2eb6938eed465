import torch
from torch import Tensor


def adapt(loss_fn, params: Tensor, lr: float, steps: int) -> Tensor:
    """The start plus the sum of all moves, in a hooked-up list of positions."""
    was = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    try:
        frozen = not params.requires_grad
        positions = [params.detach().clone().requires_grad_() if frozen else params.view_as(params)]
        for _ in range(steps):
            here = positions[-1]
            loss = loss_fn(here)
            (slope,) = torch.autograd.grad(loss, here, create_graph=not frozen)
            moved = positions[-1] - slope * lr
            positions.append(moved.detach().requires_grad_() if frozen else moved)
    finally:
        torch.set_grad_enabled(was)
    return positions[-1].detach() if frozen else positions[-1]
