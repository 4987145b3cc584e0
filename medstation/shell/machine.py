"""How busy this machine is, and what it computes on; asked without loading any framework."""

from __future__ import annotations

from pathlib import Path

GIB = 1024**3


def load() -> dict[str, str]:
    """Texts by name for the status line. The first call's processor share is that since the start of the system."""
    import psutil

    memory = psutil.virtual_memory()
    used, total = (memory.total - memory.available) / GIB, memory.total / GIB
    cpu, device = f"{psutil.cpu_percent():.0f} %", graphics()
    return {"CPU": cpu, "RAM": f"{used:.1f} / {total:.0f} GB", "GPU": device}


def graphics() -> str:
    """The graphics processors the system knows, or that there is none."""
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    for card in cards:
        for line in card.read_text("utf-8", errors="replace").splitlines():
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return "none · CPU mode"
