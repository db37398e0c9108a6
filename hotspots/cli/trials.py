"""python -m hotspots change design, designs, trial: randomised trials from the schedule to what they show."""

from __future__ import annotations

import argparse
from typing import Any

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.cli.verbs import Verb, Verbs, built, put_table, say

TRIAL_TABLES = {"estimates": "table", "days": "days"}
DESIGN_TABLES = {"schedule": "schedule", "balance": "balance", "effect": "effect"}


def add_words(words: Verbs) -> None:
    """Add design, designs and trial to the words of ``change``."""
    about = "draw a randomised trial: which hot spot is patrolled on which day"
    add_design(words.add("design", run_design, about, "--from 2027-03-01 --to 2027-05-30 --per-day 3"))
    one = words.add("designs", run_designs, "the frozen trials, or the schedule of one", "--show spring")
    one.add_argument("--show", default="", metavar="NAME", help="the frozen schedule of this trial")
    one.add_format()
    about = "what a frozen trial shows: patrolled against other days, as randomised and as delivered"
    one = words.add("trial", run_trial, about, "spring")
    one.add_argument("name", metavar="NAME", help="of the frozen trial")
    one.add_argument(
        "--washout-days", type=int, metavar="N", help="days after a patrolled one to leave out; default: as frozen"
    )
    one.add_number("--draws", Settings.random_draws, "other draws, for p")
    one.add_number("--seed", 1, "of these draws")
    one.add_argument("--offences", default="", metavar="SELECTION", help="which offences count; default: as frozen")
    one.add_weights("NAME or NAME@VERSION; default: as frozen")
    one.add_table(TRIAL_TABLES)
    one.add_format()


def add_design(one: Verb) -> None:
    one.add_bcu()
    one.add_register("the only one")
    kinds = "hot spots take turns, or are patrolled throughout; default: crossover"
    one.add_argument("--kind", choices=("crossover", "cluster"), default="crossover", help=kinds)
    last = f"last patrol day; default: {Settings.trial_days} days in all"
    one.add_window("first patrol day; default: a Monday", last, "first", "last")
    one.add_number("--seed", 1, "of the draw: the same seed, the same schedule")
    one.add_number(
        "--share", Settings.trial_share, "of days (crossover) or hot spots (cluster) that are patrolled", "SHARE"
    )
    per_day = "hot spots that a BCU can patrol on one day, such as 3, or West=3,South=2"
    one.add_argument("--per-day", default="", metavar="N|BCU=N,…", help=per_day)
    one.add_number("--longest-run", Settings.trial_longest_run, "patrolled days in a row at most", "DAYS")
    one.add_argument(
        "--day-off", dest="days_off", action="append", default=[], metavar="DATE", help="without patrols; repeatable"
    )
    one.add_argument("--bank-holidays", action="store_true", help="bank holidays are days off too")
    blocks = "blocks with as many patrolled days for each hot spot; default: %(default)s"
    one.add_argument("--block-days", type=int, choices=(7, 14), default=Settings.trial_block_days, help=blocks)
    one.add_argument(
        "--washout-days", type=int, default=0, metavar="N", help="to leave out after a patrolled one, in the analysis"
    )
    one.add_offences()
    one.add_weights()
    one.add_argument(
        "--simulations", type=int, default=Settings.trial_simulations, metavar="N",
        help="for the smallest fall that can be found; default: %(default)s, 0: none",
    )  # fmt: skip
    one.add_table(DESIGN_TABLES)
    one.add_format()
    one.add_freezing("design")


# ---------------------------------------------------------------- design


def run_design(asked: argparse.Namespace) -> None:
    from hotspots.trials.planning import design_workspace, freeze_designed

    if (asked.author or asked.note) and not asked.freeze:
        raise HotspotsError("--author and --note go with --freeze NAME.")
    planned = design_workspace(asked.workspace, design_question(asked))
    design = planned.design
    say(
        f"{design.kind.capitalize()} trial of {len(design.places)} hot spots of {planned.register}, patrol days"
        f" {design.first} to {design.last}; seed {design.seed}."
    )
    say(balance_line(planned.balance))
    say(*(planned.effect["sentence"].tolist() or [planned.no_effect]), *planned.notes)
    facts = planned.facts
    if asked.freeze:
        frozen = freeze_designed(asked.workspace, planned, asked.freeze, asked.author, asked.note)
        facts = {**facts, "trial": frozen.name, "frozen": frozen.created, "frozen_sha256": frozen.sha256}
        say(f"Frozen as {frozen.name}: {frozen.sha256}.")
    else:
        say("Not frozen: --freeze NAME --author WHO --note WHY stores it before it starts.")
    put_table(asked, getattr(planned, DESIGN_TABLES[asked.table]), facts)


def design_question(asked: argparse.Namespace) -> Any:
    from hotspots.change.context import lines
    from hotspots.trials.planning import DesignQuestion, holidays

    days_off = list(asked.days_off)
    if asked.bank_holidays:
        days_off += holidays(lines(asked.workspace), asked.bcu)
    return built(DesignQuestion, asked, per_day=per_day_of(asked.per_day), days_off=tuple(days_off))


def per_day_of(text: str) -> tuple[tuple[str, int], ...]:
    """'3' → every BCU 3; 'West=3,South=2' → each its own."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        bcu, sign, n = part.rpartition("=")
        if not (n.isascii() and n.isdigit() and int(n) >= 1) or (sign and not bcu.strip()):
            raise HotspotsError(f"--per-day is '{text[:60]}'; write a number such as 3, or West=3,South=2,East=3.")
        found.append((bcu.strip() or "all", int(n)))
    return tuple(found)


def balance_line(balance: Any) -> str:
    """'630 of 1,260 hot spot days …', by BCU."""
    rows = balance[balance["by"].isin(["all", "bcu"])]
    parts = [
        f"{'in all' if by == 'all' else name} {treated:,} of {days:,}"
        for by, name, treated, days in rows[["by", "name", "treated_days", "place_days"]].itertuples(index=False)
    ]
    return f"Hot spot days to be patrolled: {', '.join(parts)}."


# ---------------------------------------------------------------- designs and trial


def run_designs(asked: argparse.Namespace) -> None:
    from hotspots.areas.register import load as load_areas
    from hotspots.store.workspace import open_workspace
    from hotspots.trials import register
    from hotspots.trials.planning import schedule_of

    folder = open_workspace(asked.workspace).folder
    if not asked.show:
        put_table(asked, register.designs(folder))
        return
    frozen = register.load(folder, asked.show)
    say(f"{frozen.name}, frozen {frozen.created} by {frozen.author}: {frozen.note}")
    say(f"Patrol days {frozen.design.first} to {frozen.design.last}; {frozen.register}; {frozen.sha256}.")
    facts = {
        "trial": frozen.name, "register": frozen.register, "frozen": frozen.created, "author": frozen.author,
        "note": frozen.note, "frozen_sha256": frozen.sha256, "design_sha256": frozen.design.sha256,
        **frozen.definition,
    }  # fmt: skip
    put_table(asked, schedule_of(frozen.design, load_areas(folder, frozen.register)), facts)


def run_trial(asked: argparse.Namespace) -> None:
    from hotspots.trials.workspace import trial_workspace

    trial = trial_workspace(
        asked.workspace, asked.name, asked.washout_days, asked.draws, asked.seed, asked.offences, asked.weights
    )
    say(f"{trial.frozen.name}: {trial.facts['what']}; days covered {trial.facts['days_covered']}.")
    say(trial.answer, *trial.warnings, *trial.notes)
    put_table(asked, getattr(trial, TRIAL_TABLES[asked.table]), trial.facts)
