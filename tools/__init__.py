"""Developers' tools: mutation check, fuzzing, generated pages."""
