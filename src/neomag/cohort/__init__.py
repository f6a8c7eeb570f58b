"""The same rules over a hospital or a country: readers, normalising, moments, engines and reports."""
