"""The fine-tuning engine: one loop for every task."""
