import torch


def matrix_product(a, b):
    left = "k" if a.dim() == 1 else "...nk"
    right = "k" if b.dim() == 1 else "...km"
    lead = "..." if a.dim() > 1 or b.dim() > 1 else ""
    result = lead + "n" * (a.dim() > 1) + "m" * (b.dim() > 1)
    return torch.einsum(f"{left},{right}->{result}", a, b)
