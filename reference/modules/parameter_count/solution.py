"""How many numbers a model holds, and how many of them are trained.

See torch.nn.Module.parameters: it walks all submodules and gives a shared parameter once.
"""

from torch import nn


def count_parameters(model: nn.Module) -> dict[str, int]:
    """Numbers of elements under the keys "total", "trainable" and "frozen"."""
    total = trainable = 0
    for parameter in model.parameters():  # no buffers; each Parameter object once
        total += parameter.numel()  # elements, whatever the dtype; 1 for a 0-d parameter
        if parameter.requires_grad:
            trainable += parameter.numel()
    return {"total": total, "trainable": trainable, "frozen": total - trainable}


def describe_parameters(model: nn.Module) -> str:
    """One line: "Total parameters: 1,234, Trainable: 1,000, Frozen: 234"."""
    n = count_parameters(model)
    return (
        f"Total parameters: {n['total']:,}, Trainable: {n['trainable']:,}, Frozen: {n['frozen']:,}"
    )
