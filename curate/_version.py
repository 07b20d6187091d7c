"""The version, alone in a module so that `curate --version` and the build read it cheaply."""

__version__ = "0.1.0"
