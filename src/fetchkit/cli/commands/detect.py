"""Say whether this buildpack applies to an app.

It does where a manifest is found whose [detect] fits the app. For Heroku and Cloud
Foundry it prints one name and exits 0, or 1; for a CNB lifecycle, known by its
CNB_* variables, it writes the build plan and exits 0, or 100.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.errors import ContractError, NoManifestError, NotDetectedError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from fetchkit.cli.session import Session
    from fetchkit.manifest import Manifest

EXAMPLES = """\
  fetchkit detect "$BUILD_DIR"
  CNB_BUILD_PLAN_PATH=plan.toml fetchkit detect
"""

NOT_DETECTED = 1
"""For Heroku and Cloud Foundry: any non-zero (platform-contracts H-1)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "arguments",
        metavar="DIR",
        nargs="*",
        help="BUILD_DIR, or PLATFORM_DIR PLAN_PATH from an old CNB lifecycle",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Answer the platform that asks."""
    from fetchkit.lifecycles.cnb.detect import is_detect

    if is_detect(session.environ):
        return _answer_cnb(args.arguments, session)
    from fetchkit.detection import is_sidecar_only

    if not args.arguments:
        raise ContractError(
            "detect was called without BUILD_DIR",
            hint="Call it as the platform does: detect BUILD_DIR.",
        )
    manifest = _find(session, args.arguments[0])
    if manifest is not None and is_sidecar_only(manifest):
        session.talk.warning(
            f"{manifest.name} only runs beside an app: put it in front of the app's "
            "buildpack"
        )
        manifest = None
    if manifest is None:
        session.emit({"name": None}, [])
        return NOT_DETECTED
    from fetchkit.lifecycles.heroku import display_name

    name = display_name(manifest)
    session.emit({"name": name}, [name])
    return 0


def _answer_cnb(arguments: Sequence[str], session: Session) -> int:
    from fetchkit.lifecycles.cnb.detect import read_call, write_plan

    call = read_call(arguments, session.environ, app_dir=os.getcwd())
    manifest = _find(session, call.app_dir)
    if manifest is None:
        session.emit({"detected": False}, [])
        return NotDetectedError.exit_code
    write_plan(call, manifest)
    session.emit({"detected": True}, [])
    return 0


def _find(session: Session, app_dir: str) -> Manifest | None:
    """The manifest that applies to the app; None, and the reason told, without one."""
    from fetchkit.detection import applies, sentence

    try:
        manifest = session.find(app_dir).parse()
    except NoManifestError as error:
        session.talk.warning(error.message)
        return None
    if applies(manifest.detect, app_dir):
        return manifest
    session.talk.warning(sentence(manifest.document, manifest.detect))
    return None
