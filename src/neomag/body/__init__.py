"""The body: where the magnesium is, and what a level does not tell. For teaching and research, never for one infant."""
