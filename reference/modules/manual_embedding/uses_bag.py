import torch.nn.functional as F


def embed(ids, table):
    if not ids.numel():
        return table.new_empty((*ids.shape, table.shape[1]))
    rows = F.embedding_bag(ids.reshape(-1, 1), table, mode="sum")
    return rows.reshape(*ids.shape, table.shape[1])
