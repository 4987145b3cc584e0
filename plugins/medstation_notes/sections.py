"""Headings of a note ("HISTORY OF PRESENT ILLNESS:"), found by their form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WHOLE_CAPITALS = re.compile(r"[A-ZÀ-Þ][A-ZÀ-Þ0-9 /&(),.'’-]{2,59}:?")
_WHOLE_TITLE = re.compile(r"[A-ZÀ-Þ][\w /&(),'’-]{2,59}:")
_INLINE_CAPITALS = re.compile(r"([A-ZÀ-Þ][A-ZÀ-Þ0-9 /&(),'’-]{2,59}):(?=\s)")
_KNOWN = re.compile(
    r"((?:chief complaint|reason for (?:visit|consultation|admission)|history of (?:the )?present illness|hpi|"
    r"(?:past )?(?:medical|surgical|family|social) history|allergies|(?:current |home |discharge )?medications|"
    r"review of systems|physical exam(?:ination)?|vital signs|labs?|laboratory(?: data| results)?|imaging|findings|"
    r"impression|assessment(?: and plan)?|plan|hospital course|discharge diagnos[ei]s|follow[- ]?up|diagnos[ei]s|"
    r"procedures?|technique|comparison|indication|conclusions?|recommendations?)):(?=\s|$)",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"((?:主诉|现病史|既往史|个人史|婚育史|家族史|过敏史|体格检查|查体|辅助检查|初步诊断|入院诊断|出院诊断|诊断|诊疗经过|"
    r"治疗经过|出院医嘱|手术记录|影像所见|检查所见|印象|处理意见))\s*[::]"
)


@dataclass(frozen=True)
class Section:
    """The heading's characters `start` to `end`, and whether it has its line for itself."""

    start: int
    end: int
    title: str
    alone: bool


def sections_of(text: str) -> list[Section]:
    return list(_found(text))


def _found(text: str) -> Iterator[Section]:
    start = 0
    for line in text.split("\n"):
        stripped = line.strip()
        begin = start + len(line) - len(line.lstrip())
        start += len(line) + 1
        if not stripped or not (stripped[0].isupper() or "\u4e00" <= stripped[0] <= "\u9fff" or stripped[0].islower()):
            continue
        if _is_heading(stripped):
            yield Section(begin, begin + len(stripped), stripped.rstrip(":").strip(), True)
        elif match := _INLINE_CAPITALS.match(stripped) or _KNOWN.match(stripped) or _CHINESE.match(stripped):
            yield Section(begin, begin + match.end(), match.group(1).strip(), False)


def _is_heading(line: str) -> bool:
    if len(line) > 60:
        return False
    if _WHOLE_CAPITALS.fullmatch(line):
        return line.endswith(":") or (sum(sign.isalpha() for sign in line) >= 4 and not line.endswith("."))
    return bool(_WHOLE_TITLE.fullmatch(line) and len(line.split()) <= 6)
