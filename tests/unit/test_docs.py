"""Documentation that is wrong fails the build: settings, columns, pages, verbs, commands, links and formulas' names."""

from __future__ import annotations

import argparse
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from hotspots.base import choices, columns
from hotspots.base.profile import home
from hotspots.base.settings import RESOLUTIONS, Settings
from hotspots.cli import reference
from hotspots.cli.main import parser
from hotspots.cli.reference import dictionary
from hotspots.harm import scoring as harm
from hotspots.harm import selections
from hotspots.ranking import rank as ranking
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
METHOD = (REPOSITORY / "docs" / "method.md").read_text(encoding="utf-8")
COMMANDS = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
VERBS = dict(reference.verbs())
DECISIONS = sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))
GLOSSARY = (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = [[c.strip() for c in line.strip("|").split("|")] for line in GLOSSARY.splitlines() if line.startswith("| ")][1:]
# Words that only insiders use, where the field has a term of its own (docs/glossary.md).
PRIVATE = (
    "set aside", "mended", "straddles?", "by lot", "drawn by lot", "likes", "sewn", "alike", "cannot be told",
    "keep their word", "told apart",
)  # fmt: skip
READ = [
    REPOSITORY / "README.md",
    *(
        REPOSITORY / "docs" / f"{n}.md"
        for n in (
            "method",
            "glossary",
            "commands",
            "data_dictionary",
            "deployment",
            "backtest",
            "recovery",
            "reliability",
        )
    ),
]
PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]


def plain(text: str) -> str:
    """Without line breaks, so that wrapping anew breaks no test."""
    return " ".join(text.split())


def rows_of(text: str, heading: str) -> list[list[str]]:
    """The cells of the one table under a second-level heading, without its header."""
    _, found, rest = text.partition(f"\n## {heading}\n")
    assert found, f"there is no heading '{heading}'"
    lines = [line for line in rest.split("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def commands() -> list[str]:
    """Every ``python -m hotspots`` line in a block of code, in any document."""
    found = []
    for page in PAGES:
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            found += [line.strip() for line in block.splitlines() if line.strip().startswith("python -m hotspots ")]
    return found


def links() -> list[tuple[str, str]]:
    """(document, target) of every link to a file of the repository."""
    found = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:|#", target):
                found.append((page.relative_to(REPOSITORY).as_posix(), target))
    return found


# ---------------------------------------------------------------- settings and columns


def test_every_setting_stands_in_the_method_with_its_default() -> None:
    told = {row[0].strip("`"): row[1] for row in rows_of(METHOD, "Settings")}
    assert told == {f.name: str(f.default) for f in fields(Settings)}


def test_every_setting_has_a_meaning() -> None:
    assert all(len(row) == 3 and len(row[2]) > 15 for row in rows_of(METHOD, "Settings"))


def test_the_data_dictionary_is_up_to_date() -> None:
    stored = (REPOSITORY / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    assert stored == dictionary(), "run: make docs"


def test_every_column_of_every_table_is_in_the_data_dictionary() -> None:
    stored = (REPOSITORY / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    tables = [v for v in vars(columns).values() if isinstance(v, tuple) and v and isinstance(v[0], columns.Column)]
    assert len(tables) >= 3
    missing = [
        c.name
        for table in tables
        for c in table
        if not re.search(rf"\| `{c.name}` \| [a-z ]+ \| {re.escape(c.unit)} \| {re.escape(c.meaning)} \|", stored)
    ]
    assert not missing


def test_columns_said_to_be_empty_are_columns() -> None:
    named = re.findall(r"`(\w+)`", " ".join(row[0] for row in rows_of(METHOD, "What it does not do yet")))
    assert named
    assert set(named) <= {c.name for c in columns.RANK}


# ---------------------------------------------------------------- pages, verbs, options


def test_the_readme_names_every_page_and_no_other() -> None:
    stems = [p.stem for p in (REPOSITORY / "pages").glob("*.py")]
    pages = {re.sub(r"^\d+_", "", stem).replace("_", " ") for stem in stems} | {"Overview"}
    assert {row[0].strip("*") for row in rows_of(README, "The pages")} == pages


@pytest.mark.parametrize(("verb", "one"), VERBS.items(), ids=VERBS)
def test_the_reference_has_every_option_and_choice_of_a_verb(verb: str, one: argparse.ArgumentParser) -> None:
    section = COMMANDS.partition(f"\n## {verb}\n")[2].split("\n## ")[0]
    assert one.description in section
    assert f"\npython -m hotspots {verb}" in section, "an example"
    for action in one._actions:
        if action.dest in ("help", "workspace", "word") or action.help == argparse.SUPPRESS:
            continue
        row = next(
            r for r in section.splitlines() if r.startswith(f"| `{(*action.option_strings, row_name(action))[0]}")
        )
        assert action.help, f"{verb}: {row}"
        assert all(f"`{choice}`" in row for choice in action.choices or () if choice), row


def row_name(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())


def test_the_reference_is_up_to_date() -> None:
    assert reference.commands() == COMMANDS, "run: make docs"


def test_the_reference_names_every_method() -> None:
    row = next(line for line in COMMANDS.splitlines() if line.startswith("| `--by METHOD`"))
    assert all(name in row for name in choices.METHODS)


# ---------------------------------------------------------------- commands


def test_there_are_commands_to_try() -> None:
    assert len(commands()) >= 6


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_parses(command: str) -> None:
    asked = parser().parse_args(shlex.split(command, comments=True)[3:])
    if asked.verb == "rank":
        assert asked.bcu in home().choices
        assert asked.by in choices.METHODS
        assert asked.resolution in (0, *RESOLUTIONS)
        assert asked.weights in ("", *harm.shipped_weight_sets())
        if asked.offences:
            selections.selection_named(asked.offences)
    shipped = [word for word in shlex.split(command) if word.startswith("data/")]
    assert all((REPOSITORY / word).is_file() for word in shipped)


def test_the_make_targets_of_the_documents_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = {m for page in PAGES for m in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.M)}
    assert {"run", "test"} <= named
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named), named


# ---------------------------------------------------------------- links and files


@pytest.mark.parametrize(("page", "target"), links())
def test_a_link_leads_to_a_file(page: str, target: str) -> None:
    path = (REPOSITORY / page).parent / target.split("#")[0]
    assert path.exists(), f"{page} links to {target}"


def test_the_folder_map_is_true() -> None:
    block = README.partition("\n## Folders\n")[2].split("```")[1]
    named = [line.split()[0] for line in block.splitlines() if line.strip()]
    assert len(named) > 5
    made_later = {"workspace/"}
    assert [name for name in named if name not in made_later and not (REPOSITORY / name).exists()] == []


def test_code_that_the_documents_name_exists() -> None:
    named = {
        name
        for page in PAGES
        for name in re.findall(r"`((?:hotspots|data|scripts|tests|pages)/[\w./]+)`", page.read_text(encoding="utf-8"))
    }
    assert "hotspots/ranking/pipeline.py" in named
    assert [name for name in sorted(named) if not (REPOSITORY / name).exists()] == []


def test_the_screenshot_is_small_enough_to_load() -> None:
    picture = REPOSITORY / "docs" / "images" / "hot_spots.png"
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) < 300_000


# ---------------------------------------------------------------- the method


def test_the_method_begins_with_its_title() -> None:
    assert METHOD.startswith("# Method\n")


def test_the_method_explains_every_ranking_method() -> None:
    told = {re.match(r"`([\w-]+)`", row[0])[1]: row[1] for row in rows_of(METHOD, "Ranking")}  # type: ignore[index]
    assert told == choices.METHODS
    default = [row[0] for row in rows_of(METHOD, "Ranking") if "default" in row[0]]
    assert [d.split("`")[1] for d in default] == [choices.DEFAULT_METHOD]


def test_the_method_explains_every_selection_of_offences() -> None:
    told = [row[0].strip("`") for row in rows_of(METHOD, "Offences")]
    assert [name for name in told if not name.startswith("category:")] == list(selections.SELECTIONS)
    for name in told:
        assert selections.selection_named(name).name == name


def test_the_method_explains_every_flag() -> None:
    assert all(f"*{flag}*" in plain(METHOD) for flag in (ranking.SEVERE, ranking.FEW, ranking.INDOORS))


def test_the_method_names_every_weight_set_and_its_size() -> None:
    for name in harm.shipped_weight_sets():
        assert f"`{name}`" in METHOD
    index = harm.shipped_weight_sets()["cchi-2020-sv"].table
    assert f"{len(index)} offences in the {index['ho_class'].nunique()} Home Office classes" in plain(METHOD)
    assert f"{len(index)} rows of the Cambridge Crime Harm Index 2020" in plain(README)


def test_the_method_tells_the_defaults_of_a_question() -> None:
    text, (train, _), (weeks, weeks_ahead) = plain(METHOD), Settings.spans["month"], Settings.spans["week"]
    assert (train, Settings.weight_spread) == (12, 2.0)
    assert "ranks on the twelve before it, and looks up the harm of that month and the two after" in text
    assert f"By week it is {weeks} and {weeks_ahead} weeks" in text
    assert f"tries {Settings.weight_draws} other reasonable sets of weights" in text
    assert f"draws every weight {Settings.weight_draws}† times between half and twice† its value" in text
    assert f"by {Settings.random_draws} seeded permutations" in text
    assert f"had the treated places been randomised ({Settings.random_draws} draws)" in text
    assert f"(about {Settings.ring_m:.0f} m; `--ring METRES`)" in text


def test_the_method_has_no_link_that_the_page_would_break() -> None:
    """The Method page shows this text at another address, where a link to a file leads nowhere."""
    assert not [target for page, target in links() if page == "docs/method.md"]


# ---------------------------------------------------------------- words


def test_the_glossary_is_in_order_and_one_line_a_term() -> None:
    terms = [row[0] for row in TERMS]
    assert terms == sorted(terms, key=str.lower)
    assert len(set(terms)) == len(terms) > 40
    assert all(len(row) == 2 and 10 < len(row[1]) < 140 for row in TERMS)


@pytest.mark.parametrize("term", [part for row in TERMS for part in row[0].split(", ")])
def test_a_term_of_the_glossary_is_used(term: str) -> None:
    others = [p for p in PAGES if p.name not in ("glossary.md", "CHANGELOG.md")]
    assert any(term.lower() in plain(page.read_text(encoding="utf-8")).lower() for page in others)


def test_the_glossary_names_settings_and_columns_that_exist() -> None:
    tables = [v for v in vars(columns).values() if isinstance(v, tuple) and v and isinstance(v[0], columns.Column)]
    names = {c.name for table in tables for c in table} | {f.name for f in fields(Settings)}
    estimates = {row[0].strip("`").split("`")[0] for row in rows_of(METHOD, "Change") if row[0].startswith("`")}
    named = set(re.findall(r"`(\w+)`", GLOSSARY))
    assert len(named) > 5
    assert named <= names | estimates | set(selections.SELECTIONS)


@pytest.mark.parametrize("page", READ, ids=lambda p: p.name)
def test_documents_use_the_terms_of_the_field(page: Path) -> None:
    text = plain(re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8")))  # published names stay as they are
    assert re.findall(rf"\b(?:{'|'.join(PRIVATE)})\b", text, re.IGNORECASE) == []


# ---------------------------------------------------------------- decisions and changes


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(p.name[:4]) for p in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda p: p.stem)
def test_a_decision_says_why_and_what_would_change_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Why", "What would change it"]
    assert len(text.split()) < 260, "half a page"


def test_the_changelog_has_the_version_of_the_program() -> None:
    from hotspots import __version__

    assert f"\n## [{__version__}] - 20" in (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
