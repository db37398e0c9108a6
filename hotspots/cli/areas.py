"""python -m hotspots areas …: candidates, freeze, list, exclude, include.

`areas` alone answers with candidates; a word after it does something else. Options belong behind the word.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.choices import HOWS
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.cli.verbs import Verb, Verbs, put_table, question_of, say

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.areas.candidates import Limits
    from hotspots.areas.finding import Candidates


def add_verbs(verbs: Verbs) -> None:
    whole = verbs.add(
        "areas", run_candidates, "adjoining cells joined into candidate hot spots", "--bcu South --per-bcu 6"
    )
    add_limits(whole)
    words = Verbs(whole, required=False)
    one = words.add(
        "freeze", run_freeze, "write areas into the register, for good, as a dated version",
        '--name grip --valid-from 2027-01-01 --author "A Analyst" --note "first round"',
    )  # fmt: skip
    add_freeze(one)
    one = words.add("list", run_list, "the versions of the register; or the areas of one; or exclusions", "--name grip")
    one.add_argument("--name", default="", metavar="NAME[@VERSION]", help="the areas of this version; default: newest")
    one.add_argument("--on", default="", metavar="DATE", help="the areas of --name that held on this day")
    one.add_argument("--excluded", action="store_true", help="every cell excluded, and every exclusion lifted")
    one.add_format("geojson")
    one = words.add(
        "exclude", run_exclude, "keep cells out of candidate areas, for a reason",
        '8a195d49b2effff --reason hospital --author "A Analyst"', out=False,
    )  # fmt: skip
    one.add_argument("cells", nargs="+", metavar="CELL", help="H3 numbers of cells, as in rank")
    one.add_argument("--reason", required=True, metavar="KIND", help="prison, hospital, police station, … or other")
    one.add_signature(note_needed=False)
    one = words.add(
        "include", run_include, "lift the exclusion of cells", '8a195d49b2effff --author "A Analyst"', out=False
    )  # fmt: skip
    one.add_argument("cells", nargs="+", metavar="CELL", help="H3 numbers of cells, as in rank")
    one.add_signature(note_needed=False)


def add_limits(one: Verb) -> None:
    """The options of a question about areas."""
    one.add_weights()
    one.add_argument(
        "--max-area", type=float, metavar="M2", help=f"largest area of a hot spot; default: {Settings.max_area_m2:,.0f}"
    )
    one.add_argument(
        "--min-share", type=float, metavar="SHARE", help=f"of its BCU's harm; default: {Settings.area_min_share}"
    )
    one.add_argument("--per-bcu", type=int, metavar="N", help="areas of each BCU; default: as the force's profile says")
    one.add_question(top=argparse.SUPPRESS)  # refused: --per-bcu says how many


def add_freeze(one: Verb) -> None:
    one.add_argument("--name", required=True, metavar="NAME", help="of the register; a later version supersedes")
    one.add_argument("--valid-from", required=True, metavar="DATE", help="first day on which these areas hold")
    one.add_argument(
        "--areas", type=Path, metavar="FILE", help="edited candidates, CSV or workbook; columns area, bcu, cells, role"
    )
    one.add_argument(
        "--role", default="none", choices=("treated", "comparison", "none"), help="of areas without one; default: none"
    )
    how = "by this ranking, by other figures over months, or by hand without figures; worth saying with --areas"
    one.add_argument("--chosen", default="", choices=tuple(HOWS), help=how)
    first = "with --chosen figures: first day or month of those figures"
    one.add_argument("--chosen-from", default="", metavar="DATE", help=first)
    one.add_argument("--chosen-to", default="", metavar="DATE", help="with --chosen figures: last day or month")
    one.add_signature()
    add_limits(one)


def limits_of(asked: argparse.Namespace) -> Limits:
    """The limits asked for; where none are, those of the workspace's settings."""
    from dataclasses import replace

    from hotspots.areas.candidates import Limits
    from hotspots.store.workspace import open_workspace

    chosen = {"max_area_m2": asked.max_area, "min_share": asked.min_share, "per_bcu": asked.per_bcu}
    workspace = open_workspace(asked.workspace)
    usual = Limits.of(workspace.settings, workspace.profile.bcus)
    return replace(usual, **{k: v for k, v in chosen.items() if v is not None})


def candidates_of(asked: argparse.Namespace) -> Candidates:
    """Ask the workspace, and say on standard error what stands beside the areas."""
    from hotspots.areas.finding import find_areas

    if asked.top is not None:
        raise HotspotsError("areas takes no --top: --per-bcu says how many areas, and every cell may be in one.")
    found = find_areas(asked.workspace, question_of(asked), limits_of(asked))
    answer = found.answer
    say(
        f"{answer.weights.label} ({answer.question.weights}); {answer.window}."
        f" Areas are made to catch {found.definition['maximised']}."
    )
    say(*found.notes, *answer.warnings, *answer.notes)
    return found


def run_candidates(asked: argparse.Namespace) -> None:
    from hotspots.ranking.answer import in_unit

    found = candidates_of(asked)
    table = in_unit(found.areas, found.answer.weights)
    put_table(asked, table, {"what": "Candidate hot spots", **found.definition})


def run_freeze(asked: argparse.Namespace) -> None:
    from hotspots.areas import measured, named, refusals
    from hotspots.areas.choosing import stated_choice
    from hotspots.areas.finding import with_cells_of
    from hotspots.areas.register import freeze
    from hotspots.exports.areas import about_frozen, in_its_unit, read_areas
    from hotspots.store.workspace import open_workspace

    edited = None if asked.areas is None else read_areas(asked.areas)
    found = candidates_of(asked)
    table = found.areas
    if edited is not None:
        facts = with_cells_of(open_workspace(asked.workspace), found.facts, edited)
        bcu_of = dict(zip(facts["cell"].tolist(), facts["bcu"].astype(str), strict=True))
        problems = refusals(edited, bcu_of) + elsewhere(edited, asked.bcu)
        if problems:
            raise HotspotsError(problems)
        table = named(measured(edited, facts), facts)
    table = table.assign(role=[asked.role if r == "none" else r for r in table["role"]])
    source = "candidates" if edited is None else "a file edited by hand"
    definition = {**found.definition, "areas_from": source}
    if edited is None or asked.chosen or asked.chosen_from or asked.chosen_to:
        definition["chosen"] = stated_choice(
            asked.chosen, asked.chosen_from, asked.chosen_to, definition["window"], edited is not None
        )  # fmt: skip
    else:
        say(
            "How these areas were chosen was not said (--chosen ranking, figures or hand): a change will be judged as"
            f" if by the figures of {definition['window'][0]} to {definition['window'][-1]}."
        )
    done = freeze(
        asked.workspace, table, asked.name, asked.valid_from, asked.author, asked.note, definition,
        limits_of(asked).max_area_m2,
    )  # fmt: skip
    say(*done.warnings)
    say(f"Frozen as {done.ref}: {counted(len(done.areas), 'area')} from {done.valid_from}, sha256 {done.sha256}.")
    put_table(asked, in_its_unit(done), about_frozen(done))


def elsewhere(edited: pd.DataFrame, bcu: str) -> list[str]:
    """Why a file's areas do not fit a question about one BCU: the figures of the others would be left out."""
    strange = sorted(set(edited["bcu"]) - {bcu})
    if bcu == "all" or not strange:
        return []
    return [f"The file has areas of {', '.join(strange)}, but the question is about {bcu} alone. Leave --bcu out."]


def run_list(asked: argparse.Namespace) -> None:
    from hotspots.areas.register import load, registers, version_on
    from hotspots.areas.rules import exclusions
    from hotspots.exports.areas import about_frozen, in_its_unit

    if asked.on and not asked.name:
        raise HotspotsError("--on needs --name: which register?")
    if asked.on and "@" in asked.name:
        raise HotspotsError("--on finds the version by itself: give --name without @VERSION.")
    if asked.name:
        done = load(asked.workspace, asked.name)
        if asked.on:
            done = version_on(asked.workspace, asked.name, asked.on)
        say(f"{done.ref}, from {done.valid_from} to {done.valid_to or 'further notice'}; {done.author}: {done.note}")
        put_table(asked, in_its_unit(done), about_frozen(done))
        return
    if asked.format == "geojson":
        raise HotspotsError("A list of versions has no outlines: add --name, or use --format csv or json.")
    table = (exclusions if asked.excluded else registers)(asked.workspace)
    put_table(asked, table)


def run_exclude(asked: argparse.Namespace) -> None:
    from hotspots.areas.rules import exclude

    n = exclude(asked.workspace, asked.cells, asked.reason, asked.note, asked.author)
    say(f"Excluded from candidate areas: {counted(n, 'cell')}. Frozen areas stay as they are.")


def run_include(asked: argparse.Namespace) -> None:
    from hotspots.areas.rules import include

    n = include(asked.workspace, asked.cells, asked.author, asked.note)
    say(f"Candidate areas may hold {counted(n, 'cell')} again.")
