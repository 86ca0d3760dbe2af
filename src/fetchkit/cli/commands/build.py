"""Install what the manifest names into layers: bin/build of a CNB buildpack.

Called by a lifecycle, which says everything in CNB_* variables. The app is the
current directory.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit build
  fetchkit build "$CNB_LAYERS_DIR" "$CNB_PLATFORM_DIR" "$CNB_BP_PLAN_PATH"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "arguments",
        metavar="DIR",
        nargs="*",
        help="LAYERS_DIR PLATFORM_DIR PLAN_PATH, as old lifecycles pass them",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Do the whole build step."""
    from fetchkit.cli.prepare import prepare
    from fetchkit.lifecycles.cnb.build import build_layers, clear_leftovers
    from fetchkit.lifecycles.cnb.call import read_build
    from fetchkit.lifecycles.cnb.layers import plan_layers
    from fetchkit.lifecycles.cnb.write import write_launch, write_layers

    call = read_build(args.arguments, session.environ, app_dir=os.getcwd())
    context = call.context
    manifest, kit, resolved = prepare(
        session,
        app_dir=context.app_dir,
        cache_dir=context.cache_dir,
        read_variables=call.read_variables,
    )
    layers = plan_layers(manifest, resolved, call.layers_dir)
    clear_leftovers(call.layers_dir, layers)
    built = build_layers(
        layers, kit, reporter=session.talk, is_offline=session.settings.is_offline
    )
    write_layers(call, built)
    notes = write_launch(call, built)
    for sentence in notes.done:
        session.talk.detail(sentence)
    for sentence in notes.advice:
        session.talk.warning(sentence)
    if not call.has_sbom:
        session.talk.warning(
            "no bill of materials: buildpack.toml does not list it in sbom-formats"
        )
    document = {
        "layers_dir": call.layers_dir,
        "layers": [
            {
                "name": each.layer.name,
                "artifact": each.component.name,
                "version": each.component.version,
                "digest": str(each.component.digest),
                "reused": each.is_reused,
            }
            for each in built
        ],
    }
    session.emit(document, [])
    return 0
