"""A classifier with one hidden layer: logits = fc2(relu(fc1(x))).

The logits go to a loss that takes them as they are, such as torch.nn.functional.cross_entropy.
"""

import torch
from torch import Tensor, nn


class MLPClassifier(nn.Module):
    """Two linear layers, `self.fc1` and `self.fc2`, with a ReLU between them."""

    def __init__(self, in_features: int, hidden: int, num_classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_features) -> logits (..., num_classes)."""
        features = torch.relu(self.fc1(x))  # (..., hidden); without it both layers are one
        return self.fc2(features)  # (..., num_classes), neither squashed nor normalised
