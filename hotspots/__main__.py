"""python -m hotspots VERB: everything the pages compute, by the same functions.

Results go to standard output or --out, progress and reports to standard error. Exit status: 0 done, 1 the input
or the request is wrong (told in sentences), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from hotspots.base.errors import HotspotsError
from hotspots.cli.areas import add_parsers as add_areas
from hotspots.cli.backtest import add_parsers as add_backtest
from hotspots.cli.change import add_parsers as add_change
from hotspots.cli.console import add_question, put_out, question_of, say
from hotspots.cli.dosage import add_parsers as add_dosage
from hotspots.cli.insight import add_parsers as add_insight
from hotspots.cli.weights import add_parsers as add_weights

FILES_TOLD = 40  # of an import: of more files than this, those without rows set aside are only summed up


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    asked = parser().parse_args(arguments)
    try:
        asked.run(asked)
    except HotspotsError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (such as head) has had enough; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def parser() -> argparse.ArgumentParser:
    """Every verb with its options."""
    common = argparse.ArgumentParser(add_help=False)
    folder = os.environ.get("HOTSPOTS_WORKSPACE") or "workspace"
    common.add_argument("--workspace", type=Path, default=Path(folder), metavar="DIR", help=f"default: {folder}")
    result = argparse.ArgumentParser(add_help=False)
    result.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to standard output")
    whole = argparse.ArgumentParser(
        prog="python -m hotspots", description="Micro-hotspots of harm, from the command line."
    )
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(
        name: str, run: Callable[[argparse.Namespace], None], words: str, *parents: argparse.ArgumentParser
    ) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=words, description=words, parents=[common, *parents])
        one.set_defaults(run=run)
        return one

    one = verb("demo", run_demo, "build a clearly labelled synthetic workspace")
    one.add_argument("--seed", type=int, default=None)
    one.add_argument(
        "--effect", type=float, default=None, metavar="SHARE",
        help="of the incidents in treated hot spots to prevent from 2025-11-01 on; default: 0.25, 0 plants no change",
    )  # fmt: skip
    one = verb("import", run_import, "load files; prints the intake report")
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    one.add_argument("--source", required=True, choices=("police-uk", "incidents", "pings", "patrol-log", "boundaries"))
    one.add_argument("--mapping", type=Path, metavar="FILE.toml", help="names the columns of a force's own export")
    one.add_argument(
        "--timezone",
        default="",
        metavar="ZONE",
        help="of times without an offset, in pings and patrol-log: Europe/London",
    )
    one = verb("intake", run_intake, "the intake reports, and what the workspace holds", result)
    one.add_argument("--format", choices=("csv", "json"), default="csv")
    one.add_argument(
        "--quarantined", action="store_true", help="list the rows set aside, to be mended and loaded again"
    )
    one.add_argument("--summary", action="store_true", help="what the workspace holds now, in counts")
    add_weights(verbs, common, result)
    one = verb("rank", run_rank, "ranked cells", result)
    one.add_argument("--weights", default="", metavar="SET", help="NAME or NAME@VERSION; default: that of the source")
    add_question(one)
    one.add_argument("--next", action="store_true", help="p_top_next too: the top by what will be counted (slower)")
    add_areas(verbs, common, result)
    add_dosage(verbs, common, result)
    add_change(verbs, common, result)
    add_backtest(verbs, common, result)
    add_insight(verbs, common, result)
    verb("check", run_check, "verify the workspace; says what is wrong and how to mend it")
    return whole


def run_demo(asked: argparse.Namespace) -> None:
    from hotspots.demo.effects import FALL
    from hotspots.demo.incidents import DEFAULT_SEED
    from hotspots.demo.workspace import build_demo

    say("Building the synthetic demo …")
    seed = DEFAULT_SEED if asked.seed is None else asked.seed
    imported = build_demo(asked.workspace, seed, effect=FALL if asked.effect is None else asked.effect)
    report(imported)


def run_import(asked: argparse.Namespace) -> None:
    from hotspots.intake import import_files

    report(import_files(asked.workspace, asked.paths, asked.source, asked.mapping, timezone=asked.timezone))


def report(imported: object) -> None:
    """Tell what an import did, on standard error."""
    from hotspots.intake import Imported
    from hotspots.intake.report import COUNTS, headline, told

    assert isinstance(imported, Imported)
    few = len(imported.reports) <= FILES_TOLD
    notes: Counter[str] = Counter()
    for file in imported.reports:
        if few or file.quarantined or not file.read:
            say(told(file))
        for reason, n in file.reasons.items():
            say(f"  set aside: {n:,} rows: {reason}" if n else f"  {reason}")
        for note in file.notes:
            if few:
                say(f"  {note}")
            else:
                notes[note] += 1
    for note, n in notes.most_common(FILES_TOLD):
        say(f"{note} ({n:,} files)")
    if len(imported.reports) > 1:
        sums = {c: sum(getattr(r, c) for r in imported.reports) for c in COUNTS}
        rest = ", ".join(f"{sums[c]:,} {c}" for c in COUNTS[1:])
        say(f"{len(imported.reports)} files: {sums['read']:,} rows read = {rest}.")
    for note in imported.notes:
        say(note)
    if not imported.changed:
        say("Nothing changed: the workspace already held all of this.")
    for line in headline(imported.workspace):
        say(line)


def run_intake(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
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
    for line in headline(workspace):
        say(line)
    put_out(as_text(table, asked.format), asked.out)


def run_rank(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.ranking.pipeline import about, in_unit, rank_workspace
    from hotspots.store.workspace import open_workspace

    question = question_of(asked)
    workspace = open_workspace(asked.workspace)
    answer = rank_workspace(workspace, question)
    top = asked.top or workspace.settings.top
    say(f"{answer.weights.label} ({answer.question.weights}); {answer.window}.")
    say(f"{len(answer.table):,} cells with incidents.")
    for line in (*answer.warnings, *answer.notes):
        say(line)
    if len(answer.table) < top:
        say(f"Only {len(answer.table):,} cells have any of these incidents; cells without are not ranked.")
    put_out(as_text(in_unit(answer.table.head(top), answer.weights), asked.format, about(answer)), asked.out)


def run_check(asked: argparse.Namespace) -> None:
    from hotspots.cli.check import check_workspace

    wrong, untidy = check_workspace(asked.workspace)
    for line in untidy:
        say(line)
    if wrong:
        raise HotspotsError(wrong)
    say("The workspace is whole.")


if __name__ == "__main__":
    sys.exit(main())
