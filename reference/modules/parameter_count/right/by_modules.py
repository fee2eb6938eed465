from torch import nn


def count_parameters(model: nn.Module) -> dict[str, int]:
    """The tables of each module, walked by hand; a set of objects against counting twice."""
    seen: set[nn.Parameter] = set()
    sizes = {True: 0, False: 0}
    waiting, visited = [model], set()
    while waiting:
        module = waiting.pop()
        if module is None or module in visited:
            continue
        visited.add(module)
        waiting.extend(module._modules.values())
        for parameter in module._parameters.values():
            if parameter is not None and parameter not in seen:
                seen.add(parameter)
                sizes[parameter.requires_grad] += parameter.numel()
    return {"total": sum(sizes.values()), "trainable": sizes[True], "frozen": sizes[False]}


def describe_parameters(model: nn.Module) -> str:
    names = {"total": "Total parameters", "trainable": "Trainable", "frozen": "Frozen"}
    found = count_parameters(model)
    return ", ".join(f"{names[key]}: {found[key]:,}" for key in names)
