"""Fine-tuning the top of a model: freeze everything except the last layers.

See torch.nn.Module.children and Tensor.requires_grad_.
"""

from torch import nn


def freeze_all_but_last(model: nn.Module, layers: int = 2) -> list[str]:
    """Leave only the last `layers` layers trainable; the names of the trainable parameters."""
    owners = [child for child in model.children() if list(child.parameters())]
    if not 0 <= layers <= len(owners):
        raise ValueError(f"layers must be from 0 to {len(owners)}, not {layers}")
    last = owners[len(owners) - layers :]  # not owners[-layers:], which is all of them for 0
    trained = {parameter for layer in last for parameter in layer.parameters()}
    for parameter in model.parameters():
        parameter.requires_grad_(parameter in trained)
        if parameter not in trained:
            parameter.grad = None  # an optimizer skips None, but not a stale gradient
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]
