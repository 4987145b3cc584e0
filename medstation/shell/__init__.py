"""The window: frame, library, inspector, jobs, theme."""
