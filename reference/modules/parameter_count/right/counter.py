import re
from collections import Counter


def count_parameters(model):
    """A Counter is a dict; parameters told apart by identity."""
    unique = {id(p): p for _, p in model.named_parameters(remove_duplicate=False)}
    counts = Counter(total=0, trainable=0, frozen=0)
    for p in unique.values():
        counts["total"] += p.size().numel()
        counts["trainable" if p.requires_grad else "frozen"] += p.size().numel()
    return counts


def describe_parameters(model):
    counts = count_parameters(model)
    text = "Total parameters: {total}, Trainable: {trainable}, Frozen: {frozen}".format(**counts)
    return re.sub(r"(?<=\d)(?=(\d{3})+\b)", ",", text)
