import torch.nn as nn


def freeze_all_but_last(model: nn.Module, layers: int = 2) -> list[str]:
    """Freeze all, then free the last ones; the gradients of all are dropped."""
    found = []
    for _, child in model.named_children():
        if any(p.numel() for p in child.parameters()):
            found.append(child)
    if layers < 0 or layers > len(found):
        raise ValueError("no such number of layers")
    for p in model.parameters():
        p.requires_grad = False
    model.zero_grad(set_to_none=True)
    for child in found[len(found) - layers :]:
        child.requires_grad_(True)
    return [name for name, p in model.named_parameters() if p.requires_grad]
