"""Widgets that plugins' views may use too."""
