"""Finds task plugins, loads each alone, and quarantines what fails."""
