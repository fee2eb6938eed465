from collections import deque


def freeze_all_but_last(model, layers=2):
    """Walks the children from the end; identities in a set."""
    chosen, waiting = set(), deque(model.children())
    left = layers
    while left > 0 and waiting:
        own = {id(p) for p in waiting.pop().parameters()}
        chosen |= own
        left -= bool(own)
    if left:
        raise ValueError(f"the model has fewer than {layers} layers, or the number is negative")
    names = []
    for name, parameter in model.named_parameters():
        parameter.requires_grad = id(parameter) in chosen
        if parameter.requires_grad:
            names.append(name)
        else:
            parameter.grad = None
    return names
