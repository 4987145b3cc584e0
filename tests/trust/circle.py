"""The whole circle in a process of its own, to be watched from outside; prints what was planted and what was tried.

    python tests/trust/circle.py FOLDER [real]

Import, label, data set, fine-tune, evaluate, predict, verdict, export and backup with the toy task; with `real`, files
of the three built-in tasks are imported, labelled, drawn and exported as well. Everything is under FOLDER: vault,
sources, and `out`, where exports go, which a person asked to be plain.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), *(str(Path(__file__).parents[2] / part) for part in ("", "plugins"))]

from medstation.jobs.seal import seal_network  # noqa: E402
from medstation.jobs.secrecy import leave_no_core  # noqa: E402

NAME, NUMBER, TEXT = "Zyxwotny^Qvanthe", "ZQ77231KX", "a wholly unheard-of fever of the seventh kind"
BORN, UID = "19170329", "1.2.826.0.1.3680043.8.498.77231772317723177231"
PLANTED = [NAME, NAME.replace("^", " "), "Zyxwotny", NUMBER, TEXT, UID, "qvanthe-note"]


def main() -> int:
    leave_no_core()
    seal = seal_network()
    folder = Path(sys.argv[1])
    import toy_site

    toy_site.install(folder / "site")
    for name in ("sources", "out"):
        (folder / name).mkdir()
    from medstation.actions.workstation import Workstation, find_plugins
    from medstation.jobs import Pool
    from medstation.library import Library
    from medstation.vault import Kdf, Vault, back_up

    vault = Vault.create(folder / "vault", toy_site.PASSPHRASE, kdf=Kdf.weakest(), user="ada")
    pool = Pool(vault.folder, vault.key)  # its spare worker imports nothing ahead, so it serves one job after another
    pool.warm_up()
    station = Workstation(vault, Library(vault, "ada"), find_plugins(), pool)
    try:
        walk_toy(station, folder)
        if "real" in sys.argv[2:]:
            walk_real(station, folder)
        back_up(vault, folder / "out" / "vault.backup")
        assert vault.check(deep=True).ok
        tried = seal.attempts() + station.pool.attempts()
    finally:
        station.close()
    sys.stdout.write(json.dumps({"planted": PLANTED, "tried": tried, "sealed": seal.how, "pid": os.getpid()}) + "\n")
    return 0


def done(job: Any) -> Any:
    return job.result().result


def walk_toy(ws: Any, folder: Path) -> None:
    import toy_site

    from medstation.actions import evaluating, exporting, finetuning, importing, labelling, packages, predicting

    cases = folder / "sources" / "toy"
    cases.mkdir()
    for number in range(7):
        (cases / f"{NUMBER}{number}_a.num").write_text("1\n2\n" + "7723177231\n" * 20_000 * (number == 0))
        (cases / f"{NUMBER}{number}_a.value").write_text(str(number))
    assert len(done(importing.start(ws, [cases], toy_site.TASK))["records"]) == 7
    assert len(done(labelling.start_many(ws, toy_site.TASK, sorted(cases.glob("*.value"))))["labels"]) == 7
    ws.library.create_dataset("set", toy_site.TASK, "value")
    run, job = finetuning.start(ws, toy_site.TASK, "mean", "set")
    model = done(job)["model_id"]
    done(evaluating.start(ws, model, "set"))
    prediction = done(predicting.start(ws, model, ["r-1", "r-2"]))["predictions"][0]["id"]
    ws.library.add_verdict(prediction, "accepted")
    done(exporting.start(ws, prediction, "txt", folder / "out" / "prediction.txt"))
    packages.export_model(ws, model, folder / "out" / "model.zip")
    done(predicting.start_on_files(ws, model, [cases / f"{NUMBER}1_a.num"], folder / "out" / "files", "txt"))
    assert ws.library.run(run.id).state == "done"


def walk_real(ws: Any, folder: Path) -> None:
    """Planted files of every built-in task: imported, labelled, drawn as a view would, exported."""
    from medstation.actions import exporting, fetching, importing, labelling

    sources = folder / "sources" / "real"
    sources.mkdir()
    write_dicom(sources)
    write_nifti(sources)
    (sources / "qvanthe-note.txt").write_text(
        f"The patient {NAME} ({NUMBER}) was admitted with {TEXT} and recovered.\n"
    )
    write_edf(sources / "night.edf")
    records = done(importing.start(ws, [sources]))["records"]
    tasks = {one["task"] for one in records}
    assert tasks == {"imaging.series", "notes.documents", "signals.recordings"}, tasks
    (folder / "sources" / "a.class.txt").write_text(TEXT)
    for one in records:
        done(labelling.start(ws, one["id"], folder / "sources" / "a.class.txt", "class"))
        spec, record = ws.registry.task(one["task"]), ws.library.record(one["id"])
        done(fetching.start(ws, "medstation.actions.demo:draw", record, {"picture": spec.picture}))
        exporter = next(
            way for way in spec.exporters if "record" in way.of and record.kind in (way.kinds or record.kind)
        )
        done(exporting.start(ws, one["id"], exporter.format, folder / "out" / f"{one['id']}{exporter.suffix}"))


def write_dicom(folder: Path) -> None:
    import pydicom

    image = pydicom.dcmread(str(pydicom.data.get_testdata_file("CT_small.dcm")))
    image.PatientName, image.PatientID, image.PatientBirthDate = NAME, NUMBER, BORN
    image.StudyInstanceUID, image.StudyDescription = UID, TEXT
    image.save_as(folder / f"{NUMBER}.dcm")


def write_nifti(folder: Path) -> None:
    import nibabel
    import numpy as np

    image = nibabel.Nifti1Image(np.arange(1000, dtype=np.int16).reshape(10, 10, 10), np.eye(4))
    image.header["descrip"] = NAME
    nibabel.save(image, folder / f"{NUMBER}.nii.gz")


def write_edf(path: Path) -> None:
    """One signal of ten seconds, with its patient in the header."""
    head = (
        b"0".ljust(8) + f"{NUMBER} F 29-MAR-1917 Zyxwotny_Qvanthe".encode().ljust(80) + b"Startdate X X X X".ljust(80)
    )
    head += b"02.03.0217.05.00" + b"512".ljust(8) + b"EDF+C".ljust(44) + b"10".ljust(8) + b"1".ljust(8) + b"1".ljust(4)
    fields = ((b"ECG", 16), (TEXT.encode(), 80), (b"mV", 8), (b"-5", 8), (b"5", 8), (b"-2048", 8), (b"2047", 8))
    head += b"".join(text.ljust(width) for text, width in (*fields, (b"", 80), (b"100", 8), (b"", 32)))
    path.write_bytes(head + bytes(range(200)) * 10)


if __name__ == "__main__":
    sys.exit(main())
