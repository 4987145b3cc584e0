"""What a scanner adds to a phantom: a little blur in the slice, and noise that hangs together between pixels."""

from __future__ import annotations

import numpy as np

from medstation_samples.grid import Array, Grid

OUTSIDE = -1024


def scan(random: np.random.Generator, volume: Array, grid: Grid, noise: float, blur: float) -> Array:
    """HU as a CT gives them, int16 (z, y, x).

    `noise` is the standard deviation in HU in soft tissue, `blur` the point spread's sigma in mm. Outside the
    reconstruction circle there is no measurement, and the value is `OUTSIDE`.
    """
    _, rows, columns = grid.shape
    fy, fx = np.fft.fftfreq(rows, grid.spacing[1])[:, None], np.fft.rfftfreq(columns, grid.spacing[2])[None, :]
    frequency = np.hypot(fy, fx)
    keep = np.exp(-2 * (np.pi * blur * frequency) ** 2)
    highest = 0.5 / grid.spacing[1]
    grain = np.sqrt(frequency / highest) * np.exp(-((frequency / (0.62 * highest)) ** 2))
    grain *= noise / np.sqrt((grain**2).mean())
    y, x = grid.plane()
    outside = np.hypot(y, x) > min(rows * grid.spacing[1], columns * grid.spacing[2]) / 2
    result = np.empty(grid.shape, np.int16)
    for index, clean in enumerate(volume):
        white = random.standard_normal(clean.shape, np.float32)
        both = np.fft.rfft2(clean) * keep + np.fft.rfft2(white) * grain
        image = np.rint(np.fft.irfft2(both, clean.shape))
        image[outside] = OUTSIDE
        result[index] = np.clip(image, OUTSIDE, 3071)
    return result
