"""Pictures with and without print, made by code: what the net that finds burnt-in text learns from.

Grounds are speckle, soft textures, blots, noise and shapes; none is of a person. Print is drawn in the fonts of
Debian's packages fonts-urw-base35, fonts-noto-mono and xfonts-base (`FONTS`); any other font is unseen.
"""

from __future__ import annotations

import io
import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

HEIGHT, WIDTH = 96, 224
"""Pixels of one example."""
_URW = "/usr/share/fonts/opentype/urw-base35/"
_BITMAP = "/usr/share/fonts/X11/misc/"
FONTS: tuple[tuple[str, int], ...] = (
    *((f"{_URW}{name}.otf", 0) for name in (
        "NimbusSans-Regular", "NimbusSans-Bold", "NimbusMonoPS-Regular", "NimbusMonoPS-Bold", "NimbusRoman-Regular",
        "NimbusSansNarrow-Regular", "NimbusSansNarrow-Bold", "P052-Roman", "URWGothic-Book", "URWGothic-Demi",
        "NimbusSans-Italic", "URWBookman-Light",
    )),
    ("/usr/share/fonts/truetype/noto/NotoSansMono-Regular.ttf", 0),
    *((f"{_BITMAP}{name}.pcf.gz", size) for name, size in (
        ("6x10", 10), ("6x12", 12), ("6x13", 13), ("6x13B", 13), ("7x13", 13), ("7x13B", 13), ("8x13", 13),
        ("8x13B", 13), ("9x15", 15), ("9x15B", 15), ("10x20", 20), ("6x9", 9),
    )),
)  # fmt: skip
"""File and pixel size; 0 for a font of any size."""


@dataclass(frozen=True)
class Example:
    """`picture` (y, x) uint8; `print` (y / 2, x / 2) 1 where a line of print stands, 0 elsewhere, 2 at its rim."""

    picture: np.ndarray
    print: np.ndarray


def example(rng: np.random.Generator) -> Example:
    """One of four pictures has no print."""
    image = ground(rng)
    boxes: list[tuple[int, int, int, int]] = []
    if rng.random() < 0.75:
        image, boxes = printed(image, rng)
    image = _worn(image, rng)
    return Example(image.astype(np.uint8), _target(boxes))


def ground(rng: np.random.Generator) -> np.ndarray:
    """A picture (y, x; 0 to 255) without print."""
    kinds: tuple[tuple[Callable[[np.random.Generator], np.ndarray], float], ...] = (
        (speckle, 0.55), (soft, 0.15), (blots, 0.12), (noise, 0.08), (plain, 0.10),
    )  # fmt: skip
    chosen = int(rng.choice(len(kinds), p=[share for _, share in kinds]))
    image = kinds[chosen][0](rng)
    if rng.random() < 0.3:
        image = np.where(_blob_mask(rng), image, image[0, 0] if rng.random() < 0.5 else 0.0)
    return _with_shapes(image, rng) if rng.random() < 0.4 else image


def _field(rng: np.random.Generator, down: float, across: float) -> np.ndarray:
    """Smooth noise of mean 0 and deviation 1."""
    made = ndimage.gaussian_filter(rng.normal(size=(HEIGHT, WIDTH)), (down, across), mode="wrap")
    return np.asarray(made / max(float(made.std()), 1e-6))


def _size(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def speckle(rng: np.random.Generator) -> np.ndarray:
    """The size of a complex Gaussian field: fully developed speckle, linear or compressed by a logarithm."""
    down, across = _size(rng, 0.6, 2.2), _size(rng, 0.6, 4.0)
    size = np.hypot(_field(rng, down, across), _field(rng, down, across)) / 1.25
    tissue = np.exp(rng.uniform(0.1, 0.8) * _field(rng, _size(rng, 6, 40), _size(rng, 6, 60)))
    image = size * tissue
    if rng.random() < 0.4:
        image = np.log1p(_size(rng, 1, 30) * image) / 2
    image *= rng.uniform(15, 130) / image.mean()
    if rng.random() < 0.4:
        image = ndimage.rotate(image, rng.uniform(-50, 50), reshape=False, order=1, mode="reflect")
    return np.clip(image, 0, rng.uniform(180, 255))


def soft(rng: np.random.Generator) -> np.ndarray:
    """Shades like those of a film or a slice, with stripes and a little noise."""
    image = rng.uniform(30, 190) + rng.uniform(10, 60) * _field(rng, _size(rng, 8, 50), _size(rng, 8, 50))
    image += rng.uniform(0, 12) * _field(rng, 0.8, 0.8)
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    for _ in range(int(rng.integers(0, 5))):
        bend = rng.uniform(-1, 1) * across + down + rng.uniform(0, 25) * np.sin(across / rng.uniform(8, 60))
        image += rng.uniform(-90, 90) * np.exp(-(((bend - rng.uniform(0, HEIGHT)) / rng.uniform(1, 8)) ** 2))
    return np.clip(image, 0, 255)


def blots(rng: np.random.Generator) -> np.ndarray:
    """Patches of one tone on a ground, like coloured flow or cells: glyph-like, but no print."""
    image = speckle(rng) if rng.random() < 0.5 else plain(rng)
    for _ in range(int(rng.integers(1, 3))):
        field = _field(rng, _size(rng, 1.2, 6), _size(rng, 1.2, 6)) + _field(rng, 20, 20)
        image = np.where(field > rng.uniform(0.8, 2.2), rng.uniform(60, 255), image)
    return image


def noise(rng: np.random.Generator) -> np.ndarray:
    return np.clip(rng.uniform(10, 160) + rng.uniform(3, 50) * rng.normal(size=(HEIGHT, WIDTH)), 0, 255)


def plain(rng: np.random.Generator) -> np.ndarray:
    image = np.full((HEIGHT, WIDTH), float(rng.choice([0, 0, rng.uniform(0, 90)])))
    if rng.random() < 0.3:
        image += np.linspace(0, rng.uniform(20, 200), WIDTH)
    return image


def _blob_mask(rng: np.random.Generator) -> np.ndarray:
    return np.asarray(_field(rng, 25, 40) > rng.uniform(-1, 0.4))


def _with_shapes(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rulers, frames, marks, curves and grey bars, as scanners draw them."""
    picture = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 6))):
        x, y, tone = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT)), int(rng.integers(90, 256))
        wide, tall, kind = int(rng.integers(4, 120)), int(rng.integers(4, 80)), int(rng.integers(6))
        if kind == 0:
            draw.rectangle((x, y, x + wide, y + tall), outline=tone)
        elif kind == 1:
            step, long = int(rng.integers(6, 30)), int(rng.integers(2, 7))
            for place in range(y, HEIGHT, step):
                draw.line((x, place, x + long, place), fill=tone)
        elif kind == 2:
            step, long = int(rng.integers(8, 30)), int(rng.integers(2, 7))
            for place in range(x, WIDTH, step):
                draw.line((place, y, place, y + long), fill=tone)
        elif kind == 3:
            draw.line((x, y, x + wide, y + int(rng.integers(-60, 60))), fill=tone, width=int(rng.integers(1, 4)))
        elif kind == 4:
            draw.ellipse((x, y, x + tall, y + tall), outline=tone)
        else:
            draw.polygon(((x, y), (x + tall // 4 + 3, y + tall // 6), (x, y + tall // 3)), fill=tone)
    return np.asarray(picture, float)


@cache
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    if not Path(path).is_file():
        raise SystemExit(f"{path} is missing: install fonts-urw-base35, fonts-noto-mono and xfonts-base.")
    return ImageFont.truetype(path, size)


def _words(rng: np.random.Generator) -> str:
    """Letters, numbers and signs as they stand on pictures."""
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
    words = []
    for _ in range(int(rng.integers(1, 4))):
        letters = "".join(rng.choice(list(kinds[int(rng.integers(3))]), int(rng.integers(2, 10))))
        words.append(letters.capitalize() if rng.random() < 0.5 else letters)
        if rng.random() < 0.3:
            words[-1] += str(rng.choice(list(",.:;/-=%#()<>+")))
    return " ".join(words)


def printed(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """Lines of print on the picture, bright on dark ground and dark on bright; and their ink's boxes."""
    boxes: list[tuple[int, int, int, int]] = []
    for _ in range(int(rng.integers(1, 5))):
        path, size = FONTS[int(rng.integers(len(FONTS)))]
        font = _font(path, size or int(_size(rng, 10, 26)))
        ink = _ink(_words(rng), font, bool(rng.random() < 0.5))
        tall, wide = ink.shape
        x, y = int(rng.integers(-wide // 3, WIDTH - 20)), int(rng.integers(0, HEIGHT - tall))
        rows, columns = slice(y, y + tall), slice(max(0, x), min(WIDTH, x + wide))
        ink = ink[:, columns.start - x : columns.stop - x]
        box = (columns.start, y, columns.stop, y + tall)
        if any(box[0] < c + 6 and a - 6 < box[2] and box[1] < d + 2 and b - 2 < box[3] for a, b, c, d in boxes):
            continue
        under = image[rows, columns]
        tone = _tone(float(under.mean()), rng)
        if rng.random() < 0.12:
            under = np.full_like(under, rng.uniform(0, 70) if tone > 128 else rng.uniform(180, 255))
        elif rng.random() < 0.1:
            under = under * (1 - np.roll(ink, (1, 1), (0, 1)))
        image[rows, columns] = under * (1 - ink) + tone * ink
        boxes.append(box)
    return image, boxes


def _tone(ground: float, rng: np.random.Generator) -> float:
    """Bright print, unless the ground is bright: then mostly dark."""
    if ground > 150 or (ground > 110 and rng.random() < 0.5):
        return float(rng.uniform(0, 50))
    return float(rng.uniform(max(130.0, ground + 60), 256))


def _ink(text: str, font: ImageFont.FreeTypeFont, hard: bool) -> np.ndarray:
    """How much of each pixel is ink (0 to 1), cut to what is drawn."""
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    sheet = Image.new("L", (right - left + 4, bottom - top + 4))
    draw = ImageDraw.Draw(sheet)
    draw.fontmode = "1" if hard else "L"
    draw.text((2 - left, 2 - top), text, fill=255, font=font)
    ink = np.asarray(sheet, float) / 255
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return np.asarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]) if len(rows) else ink


def _worn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As pictures come: softened, compressed, or as they are; some as negatives."""
    if rng.random() < 0.12:
        image = ndimage.gaussian_filter(image, rng.uniform(0.3, 0.7))
    if rng.random() < 0.15:
        image = 255 - image
    image = np.clip(image, 0, 255)
    if rng.random() < 0.25:
        packed = io.BytesIO()
        Image.fromarray(image.astype(np.uint8)).save(packed, "JPEG", quality=int(rng.integers(55, 96)))
        image = np.asarray(Image.open(packed), float)
    return image


def _target(boxes: list[tuple[int, int, int, int]]) -> np.ndarray:
    target = np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    for rim in (1, 0):
        for left, top, right, bottom in boxes:
            rows = slice(max(0, top // 2 - rim), (bottom + 1) // 2 + rim)
            columns = slice(max(0, left // 2 - rim), (right + 1) // 2 + rim)
            target[rows, columns] = 2 if rim else 1
    return target
