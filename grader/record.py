"""Frozen records that pydantic validates, and that exist without it.

pydantic and the schemas of all models take a third of a cold start; a spec that has been validated
before needs neither. So a record says what pydantic needs to know in words of the same names, and
its pydantic model is built when something is first validated, dumped or described.
"""

from __future__ import annotations

import functools
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, Union, cast, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import dataclass_transform

    from pydantic import BaseModel, ConfigDict
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        return lambda record: record


class Word:
    """Something of pydantic's in an annotation or a default, not yet made."""

    __slots__ = ("arguments", "name", "settings")

    def __init__(self, name: str, *arguments: object, **settings: Any) -> None:
        self.name, self.arguments, self.settings = name, arguments, settings

    def make(self) -> Any:
        import pydantic

        return getattr(pydantic, self.name)(*self.arguments, **self.settings)


def Field(**settings: Any) -> Any:
    return Word("Field", **settings)


BeforeValidator = functools.partial(Word, "BeforeValidator")
AfterValidator = functools.partial(Word, "AfterValidator")
PlainSerializer = functools.partial(Word, "PlainSerializer")
WithJsonSchema = functools.partial(Word, "WithJsonSchema")


def validate_before(function: Callable[[Any], Any]) -> Any:
    """Mark a function of a record that sees what was given before it is validated."""
    return Word("model_validator", function)


# Text such as '10' or 'no' is never taken for a number or a truth value.
StrictBool = Annotated[bool, Word("Strict")]
StrictFloat = Annotated[float, Word("Strict")]
StrictInt = Annotated[int, Word("Strict")]


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class Record:
    """A frozen record that refuses keys it does not know."""

    # What pydantic-core sets on an instance that it makes.
    __slots__ = (
        "__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__",
    )  # fmt: skip
    # What pydantic asks of a class whose JSON Schema it writes.
    model_config: ClassVar[ConfigDict] = {"extra": "forbid"}
    __pydantic_root_model__: ClassVar[bool] = False

    described: ClassVar[dict[str, tuple[Any, Any]]] = {}
    """What was written of each field, inherited ones first: its annotation, and its default or a
    Word; `...` where there is neither."""
    defaults: ClassVar[dict[str, Any]] = {}
    _before: ClassVar[dict[str, Word]] = {}

    def __init_subclass__(cls) -> None:
        bases = [base for base in reversed(cls.__mro__[1:]) if issubclass(base, Record)]
        cls.described = {name: each for base in bases for name, each in base.described.items()}
        cls._before = {name: each for base in bases for name, each in base._before.items()}
        own = {
            name: annotation
            for name, annotation in cls.__annotations__.items()
            if getattr(annotation, "__origin__", None) is not ClassVar
        }
        for name, annotation in own.items():
            cls.described[name] = annotation, vars(cls).get(name, ...)
        for name, value in list(vars(cls).items()):
            word = getattr(value, "__wrapped__", value)
            if name in own:
                delattr(cls, name)
            elif isinstance(word, Word):
                cls._before[name] = word
                delattr(cls, name)
        defaults = {
            name: given.settings.get("default", ...) if isinstance(given, Word) else given
            for name, (_, given) in cls.described.items()
        }
        cls.defaults = {name: default for name, default in defaults.items() if default is not ...}

    @classmethod
    def find_key(cls, field: str) -> str:
        """The key that stands for a field in YAML."""
        _, given = cls.described[field]
        return str(given.settings.get("alias", field)) if isinstance(given, Word) else field

    def __init__(self, **given: Any) -> None:
        """A record made by the grader itself, of the right types; other values are validated."""
        unknown = given.keys() - self.described.keys()
        missing = self.described.keys() - self.defaults.keys() - given.keys()
        if unknown or missing:
            odd = ", ".join(sorted(unknown | missing))
            raise TypeError(f"{type(self).__name__}: unknown or missing: {odd}")
        self._set(self._finish(given), given)

    def _finish(self, given: dict[str, Any]) -> dict[str, Any]:
        """The values as the record keeps them."""
        return given

    def _set(self, values: Mapping[str, Any], written: Iterable[str]) -> None:
        known = {**self.defaults, **values}
        # In the order in which they were declared.
        ordered = {name: known[name] for name in self.described if name in known}
        object.__setattr__(self, "__dict__", ordered)
        object.__setattr__(self, "__pydantic_fields_set__", set(written))
        object.__setattr__(self, "__pydantic_extra__", None)
        object.__setattr__(self, "__pydantic_private__", None)

    @classmethod
    def recall(cls, values: Mapping[str, Any], written: Iterable[str]) -> Self:
        """A record as it was before: finished values, not all of which were written."""
        made = cls.__new__(cls)
        made._set(values, written)
        return made

    @classmethod
    def model_validate(cls, given: object) -> Self:
        """Errors   pydantic.ValidationError with everything that is wrong."""
        made: Self = find_model(cls).__pydantic_validator__.validate_python(given)
        return made

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Errors   pydantic.ValidationError with everything that is wrong."""
        made: Self = find_model(cls).__pydantic_validator__.validate_json(text)
        return made

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """The record with some values replaced, which are not validated."""
        return self.recall({**self.__dict__, **update}, {*self.model_fields_set, *update})

    def model_dump(self, **settings: Any) -> dict[str, Any]:
        serializer = find_model(type(self)).__pydantic_serializer__
        dumped: dict[str, Any] = serializer.to_python(self, **settings)
        return dumped

    def model_dump_json(self, **settings: Any) -> str:
        serializer = find_model(type(self)).__pydantic_serializer__
        return serializer.to_json(self, **settings).decode()

    @property
    def model_fields_set(self) -> set[str]:
        """The fields that were written, not left to their defaults."""
        written: set[str] = self.__pydantic_fields_set__  # type: ignore[attr-defined]
        return written

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} is frozen: use model_copy")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).recall, (self.__dict__, self.model_fields_set)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.__dict__.values())))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({shown})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, handler: Any) -> Any:
        return handler.generate_schema(find_model(cls))


def find_model(record: type[Record]) -> type[BaseModel]:
    """The pydantic model that validates a record, and makes instances of the record itself.

    Cost   some milliseconds the first time, for each record that it holds.
    """
    if record not in _MODELS:
        _MODELS[record] = _build_model(record)
    return _MODELS[record]


def has_model(record: type[Record]) -> bool:
    """Whether it has been needed yet."""
    return record in _MODELS


_MODELS: dict[type[Record], type[BaseModel]] = {}


def _build_model(record: type[Record]) -> type[BaseModel]:
    from pydantic import BaseModel, ConfigDict, create_model, model_validator

    _ignore_plugins()

    class Model(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            schema = handler(source)
            inner = schema
            while inner["type"] != "model":
                inner = inner["schema"]
            inner["cls"] = record
            return schema

    fields = {
        name: (_make_words(annotation), given.make() if isinstance(given, Word) else given)
        for name, (annotation, given) in record.described.items()
    }
    validators: dict[str, Any] = {
        name: model_validator(mode="before")(*cast("Any", word.arguments))
        for name, word in record._before.items()
    }
    model: type[BaseModel] = create_model(
        record.__name__, __base__=Model, __module__=record.__module__, __doc__=record.__doc__,
        __validators__=validators, **cast("Any", fields),
    )  # fmt: skip
    return model


def _make_words(annotation: Any) -> Any:
    """An annotation with pydantic's own things in the places of their words."""
    if isinstance(annotation, Word):
        return annotation.make()
    inner, origin = get_args(annotation), get_origin(annotation)
    if origin is Annotated:
        made = tuple(map(_make_words, (annotation.__origin__, *annotation.__metadata__)))
        return Annotated[made]
    if not any(_holds_words(each) for each in inner):
        return annotation
    made = tuple(map(_make_words, inner))
    return Union[made] if origin in (Union, UnionType) else origin[made]


def _holds_words(annotation: Any) -> bool:
    if isinstance(annotation, Word):
        return True
    if get_origin(annotation) is Annotated:
        return any(map(_holds_words, (annotation.__origin__, *annotation.__metadata__)))
    return any(map(_holds_words, get_args(annotation)))


def _ignore_plugins() -> None:
    """Keep pydantic from searching the machine for plugins when it builds its first model.

    A spec must mean the same wherever it is read; and the search costs 25 ms of a cold start.
    """
    import sys
    from types import ModuleType

    loader = ModuleType("pydantic.plugin._loader")
    loader.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules.setdefault(loader.__name__, loader)
