"""Pictures made by code, with and without text burnt into them."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Rect = tuple[int, int, int, int]


def _fonts() -> list[str]:
    import matplotlib

    folder = matplotlib.get_data_path() + "/fonts/ttf/"
    return [
        folder + name for name in ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf")
    ]


def sector(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Speckled ultrasound: a bright fan on black, 0 to 230."""
    down, across = np.mgrid[:height, :width]
    speckle = np.hypot(*(ndimage.gaussian_filter(rng.normal(size=(height, width)), 1.1) for _ in range(2)))
    tissue = 0.3 + 0.7 * ndimage.gaussian_filter(rng.random((height, width)), 20) / 0.5
    image = speckle * tissue * 330
    angle, depth = np.arctan2(across - width / 2, down + 20), np.hypot(across - width / 2, down + 20)
    image[(np.abs(angle) > 0.55) | (depth > height - 25) | (depth < 70)] = 0
    return np.clip(image, 0, 230)


def film(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A chest film: soft gradients, ribs, noise."""
    down, across = np.mgrid[:height, :width]
    image = 120 + 60 * np.sin(across / 90) * np.cos(down / 80)
    image += ndimage.gaussian_filter(rng.normal(size=(height, width)), 1) * 10
    for rib in range(6):
        image += 35 * np.exp(-(((down - (45 * rib + 30) - (across - width / 2) ** 2 / 700) / 7) ** 2))
    return np.clip(image, 0, 235)


def screen(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A copy of a screen: a dark desk with a picture and a plain panel."""
    image = np.full((height, width), 18.0)
    image[60 : height - 60, 30 : width // 2] = (
        ndimage.gaussian_filter(rng.random((height - 120, width // 2 - 30)), 6) * 500 - 160
    )
    image[70 : height // 2, width // 2 + 30 : width - 20] = 60
    return np.clip(image, 0, 230)


def vessel(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """An angiogram: grey, with dark branching tubes."""
    down, across = np.mgrid[:height, :width]
    image = 150 + ndimage.gaussian_filter(rng.normal(size=(height, width)), 1) * 8
    for bend in range(4):
        middle = width * (bend + 1) / 5 + 30 * np.sin(down / (30 + 9 * bend))
        image -= 80 * np.exp(-(((across - middle) / (3 + bend)) ** 2))
    return np.clip(image, 0, 235)


def breast(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A mammogram: a textured half disc on black."""
    down, across = np.mgrid[:height, :width]
    texture = ndimage.gaussian_filter(rng.random((height, width)), 5) * 700 - 240
    image = np.where(np.hypot(across, down - height / 2) < 0.45 * width, np.clip(texture, 20, 220), 0)
    return np.asarray(image, float)


def burn(image: np.ndarray, texts: list[str], rng: np.random.Generator, rows: tuple[int, int]) -> list[Rect]:
    """Draw texts into `image` (y, x; 0 to 255) within `rows`, apart from each other; returns their rectangles."""
    picture = Image.fromarray(image.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    placed: list[Rect] = []
    for text in texts:
        font = ImageFont.truetype(str(rng.choice(_fonts())), int(rng.integers(11, 16)))
        draw.fontmode = "1" if rng.random() < 0.4 else "L"
        for _ in range(400):
            place = (int(rng.integers(4, max(5, image.shape[1] - 170))), int(rng.integers(rows[0], rows[1])))
            left, top, right, bottom = (int(edge) for edge in draw.textbbox(place, text, font=font))
            free = all(right + 25 < a or c + 25 < left or bottom + 8 < b or d + 8 < top for a, b, c, d in placed)
            if free and right < image.shape[1] - 3 and bottom < image.shape[0] - 3:
                bright = image[top:bottom, left:right].mean() > 140
                draw.text(place, text, fill=0 if bright else int(rng.integers(200, 256)), font=font)
                placed.append((left, top, right, bottom))
                break
    image[:] = np.asarray(picture, float)
    return placed
