"""python -m hotspots profile: which force a workspace is of, and how to make and choose another force's profile."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.words import counted
from hotspots.cli.verbs import Verbs, put_table, say

if TYPE_CHECKING:
    from hotspots.base.profile import Profile


def add_verbs(verbs: Verbs) -> None:
    whole = verbs.add(
        "profile", run_profile, "which force a workspace is of: districts, BCUs and towns", "--format json"
    )
    whole.add_format()
    words = Verbs(whole, required=False)
    one = words.add(
        "new", run_new, "make another force's profile from its district boundaries",
        "--boundaries districts.geojson --bcu-table bcus.csv --name Merseyside --out profiles/merseyside", out=False,
    )  # fmt: skip
    help_ = (
        "district polygons: GeoJSON, GeoPackage or shapefile, also in a zip; districts not in the table are left out"
    )
    one.add_argument("--boundaries", required=True, type=Path, metavar="FILE", help=help_)
    one.add_argument(
        "--bcu-table", required=True, type=Path, metavar="FILE.csv", help="columns lad_code, lad_name, bcu"
    )
    one.add_argument("--name", default="", metavar="FORCE", help="of the force; default: the name of the folder")
    one.add_argument("--out", dest="made", required=True, type=Path, metavar="FOLDER", help="a new folder for it")
    one = words.add(
        "use",
        run_use,
        "make a workspace one of another force, before its first import",
        "profiles/merseyside",
        out=False,
    )
    one.add_argument("profile", type=Path, metavar="FOLDER", help="a profile that profile new has made")


def run_profile(asked: argparse.Namespace) -> None:
    from hotspots.base.profile import home
    from hotspots.geography.places import profile_table
    from hotspots.store.workspace import is_workspace, open_workspace

    profile = open_workspace(asked.workspace).profile if is_workspace(asked.workspace) else home()
    say(*about(profile))
    put_table(asked, profile_table(profile))


def run_new(asked: argparse.Namespace) -> None:
    from hotspots.geography.new_profile import make_profile

    name = asked.name or asked.made.resolve().name
    profile, notes = make_profile(asked.boundaries, asked.bcu_table, name, asked.made)
    say(*notes, *about(profile))
    say(f"Written to {asked.made}. To use it: python -m hotspots profile use {asked.made} --workspace DIR")


def run_use(asked: argparse.Namespace) -> None:
    from hotspots.intake.profile import use_profile

    workspace, changed = use_profile(asked.workspace, asked.profile)
    say(*about(workspace.profile))
    say("The workspace has this profile." if changed else "Nothing changed: the workspace had this profile already.")


def about(profile: Profile) -> list[str]:
    """The force in sentences."""
    from hotspots.geography import places
    from hotspots.intake.report import force_line

    towns = len(places(profile))
    words = [
        force_line(profile),
        f"{counted(towns, 'town or village', 'towns and villages').capitalize()} name places.",
    ]
    if not towns:
        words.append(
            "Without towns a place has the name of its street, if the source gives one, its district and its"
            " coordinates. Write towns into places.csv (docs/another_force.md)."
        )
    if not profile.force:
        words.append(
            f"data.police.uk has no force {profile.name}, so its files of any force count as this one's. Write in"
            ' profile.toml how it calls the force: force = "Merseyside Police".'
        )
    return words
