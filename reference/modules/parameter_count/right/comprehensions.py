import math


def count_parameters(model):
    named = dict(model.named_parameters())
    total = sum(math.prod(p.shape) for p in named.values())
    trainable = sum(p.nelement() for p in named.values() if p.requires_grad)
    return dict(frozen=total - trainable, trainable=trainable, total=total)


def describe_parameters(model):
    counts = count_parameters(model)
    total, trainable, frozen = (
        format(counts[key], ",d") for key in ("total", "trainable", "frozen")
    )
    return f"Total parameters: {total}, Trainable: {trainable}, Frozen: {frozen}"
