"""Options, one class for each command; each field is one option (see `base`)."""
