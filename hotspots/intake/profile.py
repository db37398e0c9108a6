"""The profile of a force into a workspace, which keeps its own copy of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from hotspots.base.errors import HotspotsError
from hotspots.base.profile import Profile, profile_in
from hotspots.base.settings import load_settings
from hotspots.geography.new_profile import checked
from hotspots.store.publishing import new_file, publish, writing
from hotspots.store.sound import digest
from hotspots.store.workspace import Workspace, open_workspace


def use_profile(folder: Path, source: Path) -> tuple[Workspace, bool]:
    """Make the workspace at ``folder`` (made if there is none) one of the force whose profile is in ``source``.

    Returns the workspace and whether anything changed. HotspotsError for a profile that cannot be used, and where the
    workspace holds data and has other districts or BCUs: those are in what was worked out already.
    """
    profile = checked(profile_in(source))
    load_settings(None, profile)
    with writing(folder) as workspace:
        refuse_other_ground(workspace, profile)
        held = {name: workspace.manifest.hashes.get(path) for name, path in workspace.manifest.profile.items()}
        if held == {name: digest(path) for name, path in profile.files.items()}:
            return workspace, False
        files = {}
        for name, path in profile.files.items():
            files[name] = new_file(workspace, "profile", path.stem, ending=path.suffix.removeprefix("."))
            shutil.copyfile(path, workspace.folder / files[name])
        publish(workspace, replace(workspace.manifest, profile=files))
    return open_workspace(folder), True


def refuse_other_ground(workspace: Workspace, profile: Profile) -> None:
    """HotspotsError where the workspace holds data that were placed in other districts or BCUs."""
    manifest, now = workspace.manifest, workspace.profile
    if not (manifest.parts or manifest.ping_days or manifest.patrol_log or manifest.boundaries):
        return
    if (now.districts, now.bcus) != (profile.districts, profile.bcus):
        raise HotspotsError(
            f"The workspace {workspace.folder} holds data of {now.name}, placed in its districts and BCUs; those of"
            f" {profile.name} are others. Choose the profile first, in a new workspace (--workspace DIR), and import"
            " there. Towns, numbers of hot spots and settings of a profile can change at any time."
        )
