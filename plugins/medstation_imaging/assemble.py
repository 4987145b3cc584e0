"""Records of one series: volumes, image stacks and documents, with what a reader must know of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medstation.api import Found, Json, RecordDraft, Skipped
from medstation_imaging import geometry
from medstation_imaging.dicom_frames import frames_of
from medstation_imaging.dicom_kinds import can_decode, is_colour, syntax_name
from medstation_imaging.stacks import Frame, Stack, placed, split
from medstation_imaging.titles import count_text, title, when

_META = ("modality", "study", "series", "study_description", "series_description", "body_part", "series_number",
         "frame_of_reference", "manufacturer", "model", "institution", "protocol", "laterality", "view",
         "units")  # fmt: skip


def assemble_series(group: Sequence[Found]) -> list[RecordDraft | Skipped]:
    """The records of one DICOM series of one patient."""
    answers: list[RecordDraft | Skipped] = []
    kept = _without_doubles(group, answers)
    frames: list[Frame] = []
    for index in kept:
        facts = group[index].facts
        if "document" in facts:
            answers.append(_document(index, facts))
            continue
        own = [Frame(index, number, part) for number, part in enumerate(frames_of(facts))]
        if len(own) > 1 and not all(placed(frame.facts) for frame in own):
            stack = Stack(tuple(own), facts.get("sop", group[index].path.name), None, _undecodable(facts))
            answers.append(_images(stack, group, ()))
        else:
            frames += own
    stacks = split(frames)
    for stack in stacks:
        answers.append(_stack(stack, group, _split_note(stack, stacks)))
    return answers


def _without_doubles(group: Sequence[Found], answers: list[RecordDraft | Skipped]) -> list[int]:
    """Indices of the files to use: of two with one SOP instance UID only the first."""
    first: dict[str, int] = {}
    kept = []
    for index, found in enumerate(group):
        uid = found.facts.get("sop", "")
        if uid and uid in first:
            answers.append(_double(found, group[first[uid]]))
            continue
        first[uid] = index
        kept.append(index)
    return kept


def _double(found: Found, used: Found) -> Skipped:
    """A copy with the same header is nothing to worry about; two different images under one UID are."""
    reason = f"has the same SOP instance UID as {used.path.name}, which is used"
    if found.facts == used.facts:
        return Skipped(found.path, reason, harmless=True)
    return Skipped(found.path, f"{reason}, but a different header", "Import it alone to see it as a record of its own.")


def _split_note(stack: Stack, stacks: Sequence[Stack]) -> tuple[str, ...]:
    bases = {other.part.partition(" | ")[0] for other in stacks}
    if len(bases) < 2:
        return ()
    return (f"The series mixes {len(bases)} image sizes or directions; it is shown as {len(stacks)} records.",)


def _stack(stack: Stack, group: Sequence[Found], notes: tuple[str, ...]) -> RecordDraft:
    facts = stack.frames[0].facts
    notes = (*notes, *_undecodable(facts))
    if stack.heights is None or len(stack.frames) < 2 or is_colour(facts) or not can_decode(facts):
        return _images(stack, group, notes)
    positions = np.array([frame.facts["position"] for frame in stack.frames], float)
    grid = geometry.fit(positions, facts["orientation"], facts["spacing"])
    if isinstance(grid, geometry.Irregular):
        reason = grid.reason[0].upper() + grid.reason[1:]
        return _images(stack, group, (*notes, f"{reason}: shown as single images, without 3-D and volume measures."))
    if len(stack.frames) == 2:
        notes = (*notes, "Only two slices: whether one is missing between them cannot be told.")
    shape = [len(stack.frames), facts["rows"], facts["columns"]]
    volume = {"shape": shape, "spacing": list(grid.spacing), "affine": grid.affine.tolist()}
    return _draft("volume", stack, group, notes, {"volume": volume}, grid.spacing[0])


def _undecodable(facts: Json) -> tuple[str, ...]:
    if can_decode(facts):
        return ()
    return (f"Compressed as {syntax_name(facts['syntax'])}, which cannot be decoded here: kept, but not shown.",)


def _images(stack: Stack, group: Sequence[Found], notes: tuple[str, ...]) -> RecordDraft:
    return _draft("images", stack, group, notes, {}, None)


def _draft(
    kind: str, stack: Stack, group: Sequence[Found], notes: tuple[str, ...], extra: Json, distance: float | None
) -> RecordDraft:
    frames = stack.frames
    files = tuple(dict.fromkeys(frame.file for frame in frames))
    middle = frames[len(frames) // 2].facts
    meta: Json = {name: middle[name] for name in _META if name in middle} | extra
    meta |= {"images": len(frames), "rows": middle["rows"], "columns": middle["columns"]}
    meta |= {"photometric": middle.get("photometric", "MONOCHROME2"), "colour": is_colour(middle)}
    if "window" in middle:
        meta["window"] = middle["window"]
    if any("each" in group[index].facts or group[index].facts.get("frames", 1) > 1 for index in files):
        place = {file: position for position, file in enumerate(files)}
        meta["order"] = [[place[frame.file], frame.number] for frame in frames]
    every = (*stack.notes, *notes, *_file_notes(files, group))
    subtitle = count_text(len(frames), distance)
    return RecordDraft(kind, title(middle, distance), files, stack.part, when(middle), subtitle, meta, every)


def _file_notes(files: Sequence[int], group: Sequence[Found]) -> tuple[str, ...]:
    notes = []
    for index in files:
        facts = group[index].facts
        if "held_bytes" in facts:
            held = f"{facts['held_bytes']} of {facts['promised_bytes']} bytes"
            notes.append(f"{group[index].path.name}: pixel data ends early, {held}; the rest is shown as background.")
    more = (f"... and {len(notes) - 3} more files whose pixel data ends early.",) if len(notes) > 3 else ()
    return (*notes[:3], *more)


def _document(index: int, facts: Json) -> RecordDraft:
    meta: Json = {name: facts[name] for name in _META if name in facts}
    meta |= {"document": facts["document"], "sop_class": facts.get("sop_class", "")}
    name = facts.get("document_title") or facts.get("series_description") or facts.get("study_description", "")
    text = f"{facts['document']} · {name}" if name else facts["document"]
    return RecordDraft("document", text, (index,), facts.get("sop", ""), when(facts), facts.get("modality", ""), meta)
