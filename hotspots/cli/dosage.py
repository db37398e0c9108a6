"""python -m hotspots dosage …: visits and minutes per hot spot and patrol day; target, targets, and masks of sites."""

from __future__ import annotations

import argparse
from pathlib import Path

from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.cli.verbs import Verbs, put_out, put_table, say

TABLES = {
    "days": "table", "summary": "summary", "visits": "visits", "hours": "hours", "coverage": "coverage",
    "shifts": "shifts", "logs": "reconciled", "masks": "masks",
}  # fmt: skip


def add_verbs(verbs: Verbs) -> None:
    about = "visits and minutes per frozen hot spot and patrol day, against target"
    whole = verbs.add("dosage", run_dosage, about, "--bcu South --from 2026-10-05 --to 2026-10-11")
    whole.add_bcu()
    whole.add_window("first patrol day; default: the last seven held", "last patrol day, included")
    whole.add_register()
    engines = f"duckdb://, spark://HOST:PORT or spark-local; default: {DEFAULT_ENGINE}"
    whole.add_argument("--engine", default=DEFAULT_ENGINE, metavar="URL", help=engines)
    whole.add_table(TABLES)
    whole.add_format("geojson")
    words = Verbs(whole, required=False)
    one = words.add(
        "target", run_target, "set the patrol-minutes that hot spots should get in a patrol day, from a day on",
        '--register grip --minutes 45 --valid-from 2027-02-01 --author "A Sergeant" --note "three visits"', out=False,
    )  # fmt: skip
    one.add_argument("--register", required=True, metavar="NAME", help="of the frozen hot spots")
    one.add_argument("--area", default="", metavar="AREA", help="such as West-01; default: every treated one")
    one.add_argument("--minutes", required=True, metavar="N", help="patrol-minutes; none lifts the target")
    one.add_argument("--valid-from", required=True, metavar="DATE", help="first patrol day on which it holds")
    one.add_signature()
    words.add("targets", run_targets, "every target ever set").add_format()
    one = words.add(
        "mask", run_mask, "mask the sites of a file, where being is no patrol: stations, custody, garages",
        'sites.csv --author "A Sergeant"', out=False,
    )  # fmt: skip
    help_ = "a table with name, kind, longitude, latitude, radius_m and reason"
    one.add_argument("file", type=Path, metavar="FILE", help=help_)
    one.add_argument("--author", required=True, metavar="WHO", help="who does it")
    one = words.add(
        "unmask", run_unmask, "lift the masks of sites", '"Lancaster Road yard" --author "A Sergeant" --note "closed"',
        out=False,
    )  # fmt: skip
    one.add_argument("sites", nargs="+", metavar="SITE", help="by its name")
    one.add_signature()
    words.add("masks", run_masks, "every site ever masked, and every mask lifted").add_format()


def run_dosage(asked: argparse.Namespace) -> None:
    from hotspots.exports.dosage import dosage_text
    from hotspots.patrols.dosage.stretches import DoseQuestion
    from hotspots.patrols.dosage.workspace import about, dose_workspace

    if asked.format == "geojson" and asked.table != "days":
        raise HotspotsError("--format geojson gives the hot spots with their whole dose: leave --table out.")
    question = DoseQuestion(asked.bcu, asked.start, asked.end, asked.register, asked.engine)
    dose = dose_workspace(asked.workspace, question)
    say(f"Patrol days {dose.first} to {dose.last}; {', '.join(dose.registers)}.")
    say(*dose.warnings, *dose.notes)
    if asked.table == "days":
        put_out(dosage_text(dose, asked.format, asked.workspace), asked.out)
    else:
        put_table(asked, getattr(dose, TABLES[asked.table]), about(dose))


def run_target(asked: argparse.Namespace) -> None:
    from hotspots.patrols.dosage.dose import set_target

    minutes = None if asked.minutes == "none" else number(asked.minutes)
    set_target(asked.workspace, asked.register, asked.area, minutes, asked.valid_from, asked.author, asked.note)
    whose = asked.area or f"every treated hot spot of {asked.register}"
    target = "no target" if minutes is None else f"a target of {minutes:g} patrol-minutes a patrol day"
    say(f"From {asked.valid_from} {whose} has {target}.")


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise HotspotsError(f"--minutes is '{text[:40]}'; give a number, or none.") from error


def run_targets(asked: argparse.Namespace) -> None:
    from hotspots.patrols.dosage.dose import targets
    from hotspots.store.workspace import open_workspace

    put_table(asked, targets(open_workspace(asked.workspace).folder))


def run_mask(asked: argparse.Namespace) -> None:
    from hotspots.patrols.dosage.masks import mask, read_sites

    n = mask(asked.workspace, read_sites(asked.file), asked.author)
    say(f"Masked: {counted(n, 'site')}. Minutes there are no dose, on any day; dosage --table masks shows how many.")


def run_unmask(asked: argparse.Namespace) -> None:
    from hotspots.patrols.dosage.masks import unmask

    n = unmask(asked.workspace, asked.sites, asked.author, asked.note)
    say(f"Lifted: the mask of {counted(n, 'site')}. Minutes there count again, on any day.")


def run_masks(asked: argparse.Namespace) -> None:
    from hotspots.patrols.dosage.masks import masks
    from hotspots.store.workspace import open_workspace

    put_table(asked, masks(open_workspace(asked.workspace).folder))
