"""What the data looks like: pydantic models, and nothing else."""
