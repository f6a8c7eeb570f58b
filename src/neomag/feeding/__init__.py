"""Feeding: foods, intake, and a plan that prevents deficiency."""
