"""Reading one table of a document: typed values out, faults collected.

Nothing here raises for what a document says. Each accessor returns a usable
value and notes what was wrong, so that a reader sees every fault at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fetchkit.errors import Fault, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_KINDS = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    list: "an array",
    dict: "a table",
    float: "a number",
}


class Fields:
    """One table that is being read.

    Keys are taken by name; `close` reports what nobody took, with the nearest
    known name. All tables of a document share one list of faults.
    """

    def __init__(
        self, data: Mapping[str, Any], place: str, faults: list[Fault]
    ) -> None:
        self._data = data
        self._place = place
        self._faults = faults
        self._known: list[str] = []

    def at(self, key: str) -> str:
        """The place of `key`, as messages name it."""
        shown = (
            key
            if key and key.replace("-", "").replace("_", "").isalnum()
            else f'"{key}"'
        )
        return f"{self._place}.{shown}" if self._place else shown

    def fault(self, key: str, message: str, hint: str | None = None) -> None:
        """Note that what `key` holds is wrong; an empty key means this table."""
        self._faults.append(Fault(self.at(key) if key else self._place, message, hint))

    def has(self, key: str) -> bool:
        """Whether the document gives `key`, whatever its value."""
        return key in self._data

    def text(self, key: str, *, required: bool = False) -> str | None:
        """A non-empty string, or None."""
        value = self._take(key, str, required=required)
        if value == "":
            self.fault(key, "is empty")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """A boolean, or None."""
        return self._take(key, bool)

    def whole(self, key: str, *, least: int, required: bool = False) -> int | None:
        """A whole number of at least `least`, or None."""
        value = self._take(key, int, required=required)
        if value is not None and value < least:
            self.fault(key, f"is {value}, must be at least {least}")
            return None
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of non-empty strings; a lone string counts as one."""
        value = self._data.get(key)
        if isinstance(value, str):
            self._known.append(key)
            value = [value]
        else:
            value = self._take(key, list)
        if value is None:
            return ()
        found = []
        for index, item in enumerate(value):
            if isinstance(item, str) and item:
                found.append(item)
            else:
                self.fault(f"{key}[{index}]", f"expected a string, got {_shown(item)}")
        return tuple(found)

    def mapping(self, key: str) -> dict[str, str]:
        """A table of strings."""
        table = self.table(key)
        if table is None:
            return {}
        return {
            name: text
            for name in table.names()
            if (text := table.text(name)) is not None
        }

    def table(self, key: str) -> Fields | None:
        """A table, or None."""
        value = self._take(key, dict)
        return None if value is None else Fields(value, self.at(key), self._faults)

    def tables(self, key: str) -> dict[str, Fields]:
        """A table of tables, in document order."""
        outer = self.table(key)
        if outer is None:
            return {}
        return {name: inner for name in outer.names() if (inner := outer.table(name))}

    def array(self, key: str) -> tuple[Fields, ...]:
        """An array of tables, in document order."""
        found = []
        for index, item in enumerate(self._take(key, list) or ()):
            place = self.at(key) + f"[{index}]"
            if isinstance(item, dict):
                found.append(Fields(item, place, self._faults))
            else:
                self._faults.append(
                    Fault(place, f"expected a table, got {_shown(item)}")
                )
        return tuple(found)

    def free_table(self, key: str) -> dict[str, Any]:
        """A table that is somebody else's to understand."""
        return self._take(key, dict) or {}

    def table_names(self, key: str) -> tuple[str, ...]:
        """The names in the table `key`, also of entries that are faulty."""
        value = self._data.get(key)
        return tuple(value) if isinstance(value, dict) else ()

    def parsed(
        self, key: str, parse: Callable[[str], T], *, required: bool = False
    ) -> T | None:
        """A string that `parse` makes a value of; its complaint becomes a fault."""
        text = self.text(key, required=required)
        return None if text is None else self.checked(key, text, parse)

    def checked(self, key: str, text: str, parse: Callable[[str], T]) -> T | None:
        """`text`, found at `key`, as a value; None and a fault if it is none."""
        try:
            return parse(text)
        except InvalidValueError as error:
            self.fault(key, error.message, error.hint)
            return None

    def names(self) -> tuple[str, ...]:
        """Every key of this table, for tables whose keys are the user's own."""
        return tuple(self._data)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._data:
            if key not in self._known:
                self.fault(key, "unknown key", self._nearest(key))

    def know(self, key: str) -> None:
        """Count `key` as one of this table, though another reader takes it."""
        self._known.append(key)

    def take_any(self, key: str) -> Any:  # noqa: ANN401 -- a date or a string, as TOML gives it
        """Whatever `key` holds, unchecked; the caller checks it."""
        self._known.append(key)
        return self._data.get(key)

    def _take(self, key: str, kind: type[T], *, required: bool = False) -> T | None:
        self._known.append(key)
        value = self._data.get(key)
        if value is None:
            if required:
                self.fault(key, "is missing")
            return None
        # bool is an int in Python; nobody means `size = true`.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(
                key,
                f"expected {_KINDS[kind]}, got {_shown(value)}",
                _quoting(kind, value),
            )
            return None
        return value

    def _nearest(self, key: str) -> str | None:
        from difflib import get_close_matches

        nearest = get_close_matches(key, self._known, n=1)
        if nearest:
            return f"Did you mean `{nearest[0]}`?"
        return (
            f"Known here: {', '.join(sorted(set(self._known)))}."
            if self._known
            else None
        )


def _shown(value: object) -> str:
    kind = next((text for type_, text in _KINDS.items() if type(value) is type_), None)
    if isinstance(value, (list, dict)) or kind is None:
        return kind or type(value).__name__
    return (
        f"{kind} ({str(value)[:40]!r})"
        if isinstance(value, str)
        else f"{kind} ({value})"
    )


def _quoting(kind: type, value: object) -> str | None:
    if kind is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'Quote it: "{value}" (without quotes, TOML reads 1.10 as 1.1).'
    return None
