"""The questions: one file a question, each with `ask(asked) -> Answer`."""
