"""What goes wrong with feeding input."""


class FeedingInputError(ValueError):
    """An input that cannot be read; the text says where and what would be accepted. The command exits with 2."""
