"""Imaging: DICOM series in the vault, on the screen, and in the hands of a segmentation model."""
