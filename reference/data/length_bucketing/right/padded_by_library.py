import torch
from torch.nn.utils.rnn import pad_sequence


def bucketed_inference(model, sequences, batch_size, pad_id=0):
    if not sequences:
        return []
    lengths = torch.tensor([len(tokens) for tokens in sequences])
    order = lengths.argsort()
    outputs = []
    for chosen in order.split(batch_size):
        rows = [torch.tensor(sequences[index]) for index in chosen.tolist()]
        ids = pad_sequence(rows, batch_first=True, padding_value=0)
        mask = torch.arange(ids.shape[1]) < lengths[chosen][:, None]
        outputs.append(model(ids.masked_fill(~mask, pad_id), mask))
    inverse = torch.empty_like(order)
    inverse[order] = torch.arange(len(order))
    return list(torch.cat(outputs)[inverse])
