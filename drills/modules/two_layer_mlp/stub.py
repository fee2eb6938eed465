from torch import Tensor, nn


class MLPClassifier(nn.Module):
    """Two linear layers, `self.fc1` and `self.fc2`, with a ReLU between them."""

    def __init__(self, in_features: int, hidden: int, num_classes: int) -> None:
        """Makes `self.fc1` (in_features -> hidden) and `self.fc2` (hidden -> num_classes)."""
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_features) -> logits (..., num_classes)."""
        raise NotImplementedError
