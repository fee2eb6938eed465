from torch import nn


def embed(ids, table):
    return nn.Embedding.from_pretrained(table, freeze=False)(ids)
