"""The one source the use cases are given: it knows who serves which scheme."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NoReturn

from fetchkit.errors import OfflineError
from fetchkit.net.file import FileSource
from fetchkit.net.http import HttpSource
from fetchkit.trace import UNTRACED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from fetchkit.net.settings import NetSettings
    from fetchkit.ports import Body, Cancel, Source, Span, Tracer, Validators
    from fetchkit.urls import Url


class Sources:
    """Hands each url to the source of its scheme."""

    def __init__(
        self, by_scheme: Mapping[str, Source], *, sink: HttpSource | None = None
    ) -> None:
        """Serve the schemes of `by_scheme`; all three of `Url` have to be there.

        Args:
            sink: takes files too; None: nothing does.
        """
        self._by_scheme = dict(by_scheme)
        self.sink = sink

    def open(
        self,
        url: Url,
        *,
        limit: int,
        validators: Validators | None = None,
        span: Span | None = None,
        cancel: Cancel | None = None,
    ) -> AbstractContextManager[Body]:
        """Start to fetch `url`; see `fetchkit.ports.Source`."""
        return self._by_scheme[url.scheme].open(
            url, limit=limit, validators=validators, span=span, cancel=cancel
        )


class OfflineSource:
    """Stands where the network would be, and says what it was needed for."""

    def open(
        self,
        url: Url,
        *,
        limit: int,
        validators: Validators | None = None,
        span: Span | None = None,
        cancel: Cancel | None = None,
    ) -> NoReturn:
        """Refuse.

        Raises:
            OfflineError: always, naming `url`.
        """
        del limit, validators, span, cancel
        raise OfflineError(
            f"offline, and `{url.last_part}` is needed from {url}",
            hint="Run once without --offline, or import a bundle that holds it: "
            "fetchkit bundle import FILE.",
        )


@contextmanager
def open_source(
    settings: NetSettings, *, offline: bool = False, tracer: Tracer = UNTRACED
) -> Iterator[Sources]:
    """A source for every scheme; its connections are closed with the block.

    Args:
        offline: touch no network; ``file:`` urls still work.

    Example:
        >>> with open_source(NetSettings()) as source:
        ...     with source.open(url, limit=1 << 20) as body:
        ...         data = b"".join(body.chunks)
    """
    with closing(HttpSource(settings, tracer=tracer)) as http:
        network: Source = OfflineSource() if offline else http
        by_scheme = {"https": network, "http": network, "file": FileSource()}
        yield Sources(by_scheme, sink=None if offline else http)
