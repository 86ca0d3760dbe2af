"""Install what the manifest names into an app that Heroku builds.

The manifest is the one named, BUILD_DIR/fetchkit.toml, the one beside fetchkit, or
the one piped in. ENV_DIR is read for the variables that it mentions, and no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit compile "$BUILD_DIR" "$CACHE_DIR" "$ENV_DIR"
  curl -fsSL https://example.com/get-fetchkit.py | python3 - compile "$BUILD_DIR"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "arguments",
        metavar="DIR",
        nargs="*",
        help="BUILD_DIR [CACHE_DIR [ENV_DIR]], as the platform passes them",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Do the whole build step."""
    from fetchkit.cli.account import describe_outcome
    from fetchkit.cli.prepare import prepare
    from fetchkit.environ import changes_for
    from fetchkit.host import buildpack_dir
    from fetchkit.lifecycles import BuildResult, heroku
    from fetchkit.lifecycles.cloudfoundry.call import is_legacy_compile

    if is_legacy_compile(args.arguments, session.environ):
        return _run_legacy(args.arguments, session)
    context = heroku.read(args.arguments, buildpack_dir=buildpack_dir())
    manifest, kit, resolved = prepare(
        session,
        app_dir=context.app_dir,
        cache_dir=context.cache_dir,
        read_variables=context.read_variables,
    )
    heroku.check(context, manifest.name, resolved)
    outcome = kit.install(context.install_root, is_foreign=True)
    result = BuildResult(
        owner=manifest.name,
        resolved=resolved,
        outcome=outcome,
        changes=changes_for(resolved),
    )
    notes = heroku.write(context, result)
    for sentence in notes.done:
        session.talk.detail(sentence)
    for sentence in notes.advice:
        session.talk.warning(sentence)
    session.emit(describe_outcome(outcome, context.install_root), [])
    return 0


def _run_legacy(arguments: Sequence[str], session: Session) -> int:
    """Cloud Foundry with a buildpack that has no other script (C-25)."""
    from fetchkit.cli.account import describe_outcome
    from fetchkit.cli.staging import finalize, supply
    from fetchkit.lifecycles.cloudfoundry.call import legacy_call

    call = legacy_call(arguments)
    outcome = supply(call, session)
    finalize(call, session)
    session.emit(describe_outcome(outcome, call.root), [])
    return 0
