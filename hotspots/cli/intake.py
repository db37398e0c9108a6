"""python -m hotspots demo, import, intake, check: what the workspace holds, and how it got there."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.choices import FEEDS, SHAPES_SAID
from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.cli.verbs import Verbs, put_table, say
from hotspots.demo import DEFAULT_SEED, FALL, VALID_FROM
from hotspots.sources.kinds import kinds_said

if TYPE_CHECKING:
    from hotspots.intake import Imported

FEW = 40  # files of an import: of more than this, those without quarantined rows are only summed up


def add_verbs(verbs: Verbs) -> None:
    one = verbs.add("demo", run_demo, "build a clearly labelled synthetic workspace", "--workspace demo", out=False)
    one.add_number("--seed", DEFAULT_SEED, "of the random numbers")
    one.add_argument(
        "--effect", type=float, default=FALL, metavar="SHARE",
        help=f"of the incidents in treated hot spots to prevent from {VALID_FROM} on, half of those in East happening"
        f" next door; default: {FALL}, 0 plants no change",
    )  # fmt: skip
    one = verbs.add(
        "import", run_import,
        "load files and print the intake report; the same again changes nothing",
        "police_uk.zip --source police-uk", out=False,
    )  # fmt: skip
    help_ = f"{kinds_said('pings')}; boundaries: {SHAPES_SAID}"
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=help_)
    one.add_argument("--source", required=True, choices=FEEDS, help="what the files are")
    one.add_argument(
        "--mapping", type=Path, metavar="FILE.toml", help="names the columns of a force's export; incidents need it"
    )
    one.add_argument(
        "--timezone", default="", metavar="ZONE",
        help="of times without an offset, in pings and patrol-log, such as Europe/London",
    )  # fmt: skip
    one.add_argument(
        "--replace", action="store_true",
        help="let a file of police-uk replace its month even where that loses many of the rows held",
    )  # fmt: skip
    one = verbs.add("intake", run_intake, "what became of every row, by file and reason", "--summary")
    one.add_format()
    one.add_argument(
        "--quarantined", action="store_true", help="the rows quarantined, to be corrected and loaded again"
    )
    one.add_argument("--summary", action="store_true", help="what the workspace holds now, in counts")
    verbs.add("check", run_check, "say whether the workspace is whole, and how to repair it", out=False)


def run_demo(asked: argparse.Namespace) -> None:
    from hotspots.demo.workspace import build_demo

    say("Building the synthetic demo …")
    report(build_demo(asked.workspace, asked.seed, effect=asked.effect))


def run_import(asked: argparse.Namespace) -> None:
    from hotspots.intake import import_files

    report(
        import_files(
            asked.workspace, asked.paths, asked.source, asked.mapping, timezone=asked.timezone, replacing=asked.replace
        )
    )


def report(imported: Imported) -> None:
    """What an import did, on standard error."""
    from hotspots.intake.report import COUNTS, headline, report_line

    few = len(imported.reports) <= FEW
    notes: Counter[str] = Counter()
    for file in imported.reports:
        if few or file.quarantined or not file.read:
            say(report_line(file))
        for reason, n in file.reasons.items():
            say(f"  quarantined: {counted(n, 'row')}: {reason}" if n else f"  {reason}")
        for note in file.notes:
            if few:
                say(f"  {note}")
            else:
                notes[note] += 1
    for note, n in notes.most_common(FEW):
        say(f"{note} ({n:,} files)")
    if len(imported.reports) > 1:
        sums = {c: sum(getattr(r, c) for r in imported.reports) for c in COUNTS}
        rest = ", ".join(f"{sums[c]:,} {c}" for c in COUNTS[1:])
        say(f"{len(imported.reports)} files: {sums['read']:,} rows read = {rest}.")
    say(*imported.notes)
    if not imported.changed:
        say("Nothing changed: the workspace already held all of this.")
    say(*(line for line in headline(imported.workspace) if line not in imported.notes))


def run_intake(asked: argparse.Namespace) -> None:
    from hotspots.intake.quarantine import quarantined_rows
    from hotspots.intake.report import headline, holdings, intake_table
    from hotspots.store.workspace import open_workspace

    workspace = open_workspace(asked.workspace)
    if asked.quarantined:
        table = quarantined_rows(workspace)
    elif asked.summary:
        table = holdings(workspace)
    else:
        table = intake_table(workspace.manifest.reports)
    say(*headline(workspace))
    put_table(asked, table)


def run_check(asked: argparse.Namespace) -> None:
    from hotspots.cli.check import check_workspace

    wrong, untidy = check_workspace(asked.workspace)
    say(*untidy)
    if wrong:
        raise HotspotsError(wrong)
    say("The workspace is whole.")
