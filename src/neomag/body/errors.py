"""What goes wrong when the body is asked about."""


class BodyInputError(ValueError):
    """An input that cannot be used; the text has a line each, saying where and what would be accepted."""


class BodyModelError(RuntimeError):
    """The model left what it can describe, such as a loss that the body could not give. Nothing is said of the run."""
