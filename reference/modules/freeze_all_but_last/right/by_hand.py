import itertools


def _parameters(module, seen):
    """All parameters below `module`, from the tables that nn.Module keeps."""
    if module is None or id(module) in seen:
        return []
    seen.add(id(module))
    own = [p for p in module._parameters.values() if p is not None]
    below = (_parameters(child, seen) for child in module._modules.values())
    return own + list(itertools.chain.from_iterable(below))


def freeze_all_but_last(model, layers=2):
    groups = []
    for child in dict.fromkeys(model._modules.values()):
        group = _parameters(child, set())
        if group:
            groups.append(group)
    start = len(groups) - layers
    if start < 0 or start > len(groups):
        raise ValueError(layers)
    for p in _parameters(model, set()):
        p.requires_grad_(False)
    for p in itertools.chain.from_iterable(groups[start:]):
        p.requires_grad_(True)
    for p in _parameters(model, set()):
        if not p.requires_grad:
            p.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]
