import torch

lookup = torch.embedding


def embed(ids, table):
    return lookup(table, ids)
