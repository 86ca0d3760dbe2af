"""Frozen values: the part of `dataclasses` this code uses, without its start-up cost.

`dataclasses` writes source text for every class and compiles it while the module is
imported: half a millisecond a class, and 90 classes are half of the time of a run
that has nothing to do. Here all classes share functions that were compiled when
fetchkit was built. Type checkers see data classes (PEP 681), readers the same names;
docs/decisions/0010 has the figures.

    @frozen                       keyword arguments only
    class Range:
        '''Some bytes of a file.'''

        start: int
        size: int = 0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """Speak to type checkers only."""
        return lambda decorator: decorator


T = TypeVar("T")

_MISSING = object()


class FrozenError(AttributeError):
    """A value cannot be changed; `replace` makes another one."""


class _Field:
    """What `field` says about one field."""

    __slots__ = ("default", "default_factory", "repr")

    def __init__(
        self,
        default: object,
        default_factory: Callable[[], object] | None,
        *,
        repr: bool,  # noqa: A002 -- as dataclasses calls it
    ) -> None:
        self.default = default
        self.default_factory = default_factory
        self.repr = repr


def field(
    *,
    default: Any = _MISSING,  # noqa: ANN401 -- any default of any field
    default_factory: Callable[[], Any] | None = None,
    repr: bool = True,  # noqa: A002 -- as dataclasses calls it
) -> Any:  # noqa: ANN401 -- stands where the field's own type is expected
    """Say more about a field than its default.

    Args:
        default_factory: makes a default anew for every value.
        repr: whether the field is shown; False for what must not be printed.
    """
    return _Field(default, default_factory, repr=repr)


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(
    cls: None = None, /, *, kw_only: bool = True, order: bool = False
) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(field,)
)
def frozen(
    cls: type[T] | None = None, /, *, kw_only: bool = True, order: bool = False
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a frozen class with slots for what the class annotates.

    Args:
        kw_only: fields are given by name; False allows both, in their order.
        order: values are compared field by field.
    """
    if cls is None:
        return lambda decorated: _build(decorated, kw_only=kw_only, order=order)
    return _build(cls, kw_only=kw_only, order=order)


def replace(instance: T, **changes: object) -> T:
    """`instance` with other values for some fields."""
    given = {name: getattr(instance, name) for name in fields(instance)}
    return type(instance)(**(given | changes))


def fields(instance: object) -> tuple[str, ...]:
    """The names of the fields of a value or of its class, in order."""
    names: tuple[str, ...] = instance.__fields__  # type: ignore[attr-defined]
    return names


def is_value(instance: object) -> bool:
    """Whether `instance` is a value, or a class of values."""
    return hasattr(instance, "__fields__")


def _build(cls: type[T], *, kw_only: bool, order: bool) -> type[T]:
    namespace = dict(cls.__dict__)
    names = tuple(namespace.get("__annotations__") or cls.__annotations__)
    defaults: dict[str, object] = {}
    factories: dict[str, Callable[[], object]] = {}
    hidden = []
    for name in names:
        default = namespace.pop(name, _MISSING)
        if isinstance(default, _Field):
            if default.default_factory is not None:
                factories[name] = default.default_factory
            if not default.repr:
                hidden.append(name)
            default = default.default
        if default is not _MISSING:
            defaults[name] = default
    for made_by_python in ("__dict__", "__weakref__"):
        namespace.pop(made_by_python, None)
    for name, method in _METHODS.items():
        namespace.setdefault(name, method)
    if order:
        namespace["__lt__"] = _is_less
    namespace |= {
        "__slots__": names,
        "__fields__": names,
        "__positional__": () if kw_only else names,
        "__defaults__": defaults,
        "__factories__": factories,
        "__hidden__": frozenset(hidden),
        "__match_args__": () if kw_only else names,
        "__qualname__": cls.__qualname__,
    }
    # A class cannot be given slots after it was made: this is the same one, again.
    kind: Any = type(cls)
    built: type[T] = kind(cls.__name__, cls.__bases__, namespace)
    return built


def _init(self: Any, *positional: object, **given: object) -> None:  # noqa: ANN401
    cls = type(self)
    if positional:
        if len(positional) > len(cls.__positional__):
            raise TypeError(f"{cls.__name__} takes no {len(positional)} positional")
        given.update(zip(cls.__positional__, positional, strict=False))
    for name in cls.__fields__:
        if name in given:
            content = given.pop(name)
        elif name in cls.__defaults__:
            content = cls.__defaults__[name]
        elif name in cls.__factories__:
            content = cls.__factories__[name]()
        else:
            raise TypeError(f"{cls.__name__} needs {name}")
        _set(self, name, content)
    if given:
        raise TypeError(f"{cls.__name__} has no {', '.join(given)}")


def _contents(self: Any) -> tuple[object, ...]:  # noqa: ANN401
    return tuple(getattr(self, name) for name in self.__fields__)


def _repr(self: Any) -> str:  # noqa: ANN401
    shown = ", ".join(
        f"{name}={getattr(self, name)!r}"
        for name in self.__fields__
        if name not in self.__hidden__
    )
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> object:  # noqa: ANN401
    if type(other) is not type(self):
        return NotImplemented
    return _contents(self) == _contents(other)


def _is_less(self: Any, other: object) -> object:  # noqa: ANN401
    if type(other) is not type(self):
        return NotImplemented
    return _contents(self) < _contents(other)


def _hash(self: Any) -> int:  # noqa: ANN401
    return hash(_contents(self))


def _refuse(self: object, name: str, *_: object) -> None:
    raise FrozenError(f"{type(self).__name__}.{name} cannot be changed")


_set = object.__setattr__
_METHODS = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
}
