"""python -m hotspots demo, import, intake, check: what the workspace holds, and how it got there."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.choices import FEEDS, MAPPED, SHAPES_SAID
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import counted
from hotspots.cli.verbs import Verbs, put_out, put_table, say
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
    one.add_argument("paths", nargs="*", type=Path, metavar="PATH", help=help_)
    one.add_argument("--source", required=True, choices=FEEDS, help="what the files are")
    one.add_argument(
        "--mapping", type=Path, metavar="FILE.toml",
        help="names the columns of a force's export; without one, one is proposed where the file needs it",
    )  # fmt: skip
    one.add_argument(
        "--propose", type=Path, metavar="FILE.toml",
        help="propose a mapping, show ten rows as they would be read, write it there, and import nothing",
    )  # fmt: skip
    one.add_argument(
        "--new-in", type=Path, metavar="FOLDER",
        help="import each file of this folder once, for a scheduler; exit 1 where any failed",
    )  # fmt: skip
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

    refuse_together(asked)
    if asked.new_in:
        import_new(asked)
    elif asked.propose or (asked.source == "incidents" and asked.mapping is None):
        propose(asked)
    else:
        try:
            done = import_files(
                asked.workspace, asked.paths, asked.source, asked.mapping, timezone=asked.timezone,
                replacing=asked.replace,
            )  # fmt: skip
        except HotspotsError:
            if asked.source not in MAPPED or asked.mapping is not None or standard_names(asked):
                raise
            propose(asked)
            return
        report(done)


def refuse_together(asked: argparse.Namespace) -> None:
    """HotspotsError for options that exclude each other."""
    if asked.new_in and (asked.paths or asked.propose):
        raise HotspotsError("--new-in takes the files of its folder: give no other path, and no --propose.")
    if asked.new_in and asked.source == "boundaries":
        raise HotspotsError(
            "--new-in is not for boundaries: import them by their name, for their files belong together."
        )
    if asked.new_in and asked.source == "incidents" and asked.mapping is None:
        raise HotspotsError("--new-in needs the mapping of the incidents: --mapping FILE.toml. --propose makes one.")
    if asked.propose and asked.source not in MAPPED:
        raise HotspotsError(f"--propose is for {', '.join(MAPPED)}: {asked.source} needs no mapping.")
    if asked.propose and asked.mapping:
        raise HotspotsError("--propose makes a mapping and --mapping names one: give one of them.")


def import_new(asked: argparse.Namespace) -> None:
    """The new files of a folder, a line for each; HotspotsError where any failed."""
    from hotspots.intake.watching import FAILED, FAILED_BEFORE, Request, left_out, summed, take_new
    from hotspots.sources.mapping import read_mapping
    from hotspots.store.publishing import Busy

    if asked.mapping is not None:
        read_mapping(asked.source, asked.mapping)  # what is wrong with it is no fault of a file
    request = Request(asked.workspace, asked.source, asked.mapping, asked.timezone, asked.replace)
    told = []
    try:
        for one in take_new(asked.new_in, request):
            told.append(one)
            say(*filter(None, [one.line]))
    except Busy as error:  # the other run does what this one would
        say(str(error))
        return
    others = left_out(asked.new_in, asked.source)
    if others:
        n = counted(len(others), "file that holds no table was", "files that hold no table were")
        say(f"{n} left out: {sample(others)}.")
    failed = sum(one.what in (FAILED, FAILED_BEFORE) for one in told)
    if failed:
        raise HotspotsError(summed(told))
    say(summed(told))


def standard_names(asked: argparse.Namespace) -> bool:
    """Whether the first file has the standard names, so that it lacks no mapping; also where it cannot be read."""
    from hotspots.intake.proposing import first_table, has_standard_names
    from hotspots.store.workspace import settings_in_use

    try:
        return has_standard_names(
            first_table(asked.paths, asked.source, settings_in_use(asked.workspace)), asked.source
        )
    except HotspotsError:
        return True


def propose(asked: argparse.Namespace) -> None:
    """Show what a mapping could be and write it; HotspotsError where an import was asked for, for it was not done."""
    from hotspots.base.writing import to_csv
    from hotspots.intake.proposing import propose_for
    from hotspots.store.workspace import settings_in_use

    if not asked.paths:
        raise HotspotsError("No file was given to import.")
    first = asked.paths[0]
    out = asked.propose or first.with_name(f"{first.stem}.mapping.toml")
    raw, found = propose_for(asked.paths, asked.source, settings_in_use(asked.workspace))
    say(f"A mapping proposed for {raw.name}. What is not certain:")
    say(
        *(f"  {doubt}" for doubt in found.proposal.doubts), *(f"  Which column is {w}?" for w in found.proposal.lacking)
    )
    say(*found.problems)
    if found.rows is not None:
        say(f"The first {len(found.rows)} rows as they would be read:")
        put_out(to_csv(found.rows), None)
    if out.exists():
        raise HotspotsError(
            f"{out} is there already and was left as it is. Import with it (--mapping {out}), or name another file:"
            " --propose FILE.toml."
        )
    put_out(found.text, out)
    then = f"look at each line of {out}, then import with --mapping {out}."
    if not asked.propose:
        raise HotspotsError(f"Nothing was imported: {then}")
    say(f"{then[0].upper()}{then[1:]}")


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
