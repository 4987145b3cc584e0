"""Learning together without sharing data: sites train the same model, and only masked, signed updates travel."""
