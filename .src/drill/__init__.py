"""An interview gym for LLM-inference and PyTorch engineers."""

__version__ = "0.1.0"
