"""What goes wrong with a report."""


class ReportInputError(ValueError):
    """A run folder or an output that cannot be used; the text is one line: where, and what would be accepted."""
