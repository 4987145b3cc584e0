"""Cleaning text: what identifies is taken out, the rest stays."""

from __future__ import annotations

import re

from medstation_imaging.deid.dummies import WORD
from medstation_imaging.deid.identity import Identity

_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*"
_NAME = r"[A-ZÀ-Þ][\w'’-]+"
_PATTERNS = (
    r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"\b(?:https?|ftp)://\S+|\bwww\.\S+",
    r"\b\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b",
    r"\b(?:18|19|20)\d{6}(?:\d{6})?\b",
    rf"\b\d{{1,2}}\.?\s*(?i:{_MONTH})\.?\s*,?\s*(?:\d{{4}}|\d\d)?\b|\b(?i:{_MONTH})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b",
    r"\+?\(?\d[\d\s()/-]{6,}\d",
    r"\b(?=[\w-]*\d{5})[\w-]+\b",
    r"\b\d{1,3}(?:\.\d{1,3}){3,}\b",
    rf"\b(?i:dr|prof|doctor|mr|mrs|ms|miss|herr|frau|sir|schwester|pfleger)\b\.?\s*(?:{_NAME}[\s,.-]*){{1,3}}",
    rf"\b(?i:patient|pat|name|signed|by|surname|attending|radiologist|physician|referrer|tech)\b\.?\s*:\s*(?:{_NAME}[\s,]*){{1,3}}",
    r"\b(?i:mrn|pid|acc|accession|case|id|no|nr)\b[\s.#:]*[A-Z]*-?\d[\w-]*",
    r"\b[^\W\d_]+\^[\w^]*",
    r"\b(?:9\d|1[01]\d)[\s-]*(?i:y|yo|year|years|jahre)\b",
)
_RISKY = re.compile("|".join(_PATTERNS))


def without_known(text: str, identity: Identity, coded: bool = False) -> str:
    """`text` without the source's own identifying values."""
    return _cut(text, identity.spans(text, coded), "" if coded else f"[{WORD.lower()}]")


def cleaned(text: str, identity: Identity) -> str:
    """Also without what looks like a date, a number, an address or somebody's name."""
    known = identity.spans(text)
    looks = [match.span() for match in _RISKY.finditer(text)]
    return _cut(text, sorted(known + looks), f"[{WORD.lower()}]")


def _cut(text: str, spans: list[tuple[int, int]], put: str) -> str:
    kept: list[str] = []
    last = 0
    for start, end in sorted(spans):
        if start > last or not kept:
            kept.append(text[last:start])
        last = max(last, end)
    return put.join([*kept, text[last:]]) if spans else text
