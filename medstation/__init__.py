"""MedStation: an offline AI workstation for hospitals."""

__version__ = "0.1.0"
