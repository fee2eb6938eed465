import torch

FILLERS = {"attention_mask": 0, "labels": -100}


class Padder:
    def __init__(self, batch):
        self.batch = batch
        self.longest = max(len(tokens) for tokens in batch)

    def pad(self, rows, filler):
        padded = [row + [filler] * (self.longest - len(row)) for row in rows]
        return torch.tensor(padded, dtype=torch.long)


def collate_fn(batch, pad_id=0):
    padder = Padder([list(tokens) for tokens in batch])
    ones = [[1] * len(tokens) for tokens in batch]
    made = {"input_ids": padder.pad(batch, pad_id)}
    made["labels"] = padder.pad(batch, FILLERS["labels"])
    made["attention_mask"] = padder.pad(ones, FILLERS["attention_mask"])
    return made
