"""What goes wrong with feeding input."""


class FeedingInputError(ValueError):
    """An input that cannot be read; the text says where and what would be accepted. The command exits with 2."""


class AskedError(FeedingInputError):
    """Faults of what is asked: `faults` holds the name of each field and what is wrong with it; the text has a line each."""

    def __init__(self, faults: list[tuple[str, str]]):
        self.faults = tuple(faults)
        super().__init__("\n".join(says for _, says in faults))


class OutOfTimeError(RuntimeError):
    """The solver was stopped at the moment it was given, before it knew the answer. Nothing is said of the plan."""
