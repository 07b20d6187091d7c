"""The trainer: the only place that imports torch, and only inside functions or its own modules."""
