"""YAML text to plain data with positions: strict, bounded, and refusing with advice.

Only PyYAML's event stream is used; values are made here, so no tag, alias or merge key can
construct or multiply anything. Reading stops at the first syntax error; everything else
that is wrong in the file is collected first.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from grader.errors import Fault, SpecError
from grader.spec.positions import MAX_FAULTS, Document, Node, fault_at
from grader.spec.scalars import AmbiguousScalar, read_scalar

# The largest hand-written problem so far has 20 KiB and 8 levels.
MAX_BYTES = 256 * 1024
MAX_DEPTH = 20

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Line breaks that YAML 1.1 knows and editors don't are refused as well: lines would be miscounted.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def read_yaml(source: bytes, file: str, loader: Any = None) -> Document:
    """Read one file's bytes.

    Errors   SpecError with all that is wrong; `file` is how its faults name it.
    """
    text = _decode(source, file)
    reader = _Reader(file, text)
    try:
        root = reader.read(yaml.parse(text, Loader=loader or LOADER))
    except yaml.MarkedYAMLError as error:
        from grader.spec.syntax_words import explain_syntax

        line, column, message = explain_syntax(error, text)
        raise SpecError([*reader.faults, fault_at(file, text, line, column, message)]) from None
    if reader.faults:
        raise SpecError(reader.faults)
    if root is None:
        raise SpecError([Fault(file, 1, 1, "the file is empty")])
    return Document(file, text, root)


def _decode(source: bytes, file: str) -> str:
    if len(source) > MAX_BYTES:
        raise SpecError([Fault(file, 1, 1, f"the file is larger than {MAX_BYTES // 1024} KiB")])
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        line, column = _place(before, len(before))
        byte = error.object[error.start]
        message = f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
        raise SpecError([Fault(file, line, column, message)]) from None
    control = _CONTROL.search(text)
    if control:
        line, column = _place(text, control.start())
        message = f"the character U+{ord(control[0]):04X} cannot be seen; delete it"
        raise SpecError([Fault(file, line, column, message)])
    return text


def _place(text: str, offset: int) -> tuple[int, int]:
    before = re.split(r"\r\n|\r|\n", text[:offset])
    return len(before), len(before[-1]) + 1


class _Reader:
    """Builds nodes from events with its own stack, so that depth costs no recursion."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.faults: list[Fault] = []

    def refuse(self, mark: Any, message: str) -> None:
        self.refuse_at(mark.line + 1, mark.column + 1, message)

    def refuse_at(self, line: int, column: int, message: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault_at(self.file, self.text, line, column, message))

    def read(self, events: Any) -> Node | None:
        root: Node | None = None
        documents = 0
        stack: list[_Open] = []
        for event in events:
            mark = event.start_mark
            if isinstance(event, yaml.ScalarEvent):
                node = self.read_scalar(event, is_key=bool(stack) and stack[-1].wants_key)
            elif isinstance(event, yaml.CollectionStartEvent):
                if len(stack) >= MAX_DEPTH:
                    self.refuse(mark, f"nested more than {MAX_DEPTH} levels deep")
                    return None
                self.refuse_properties(event)
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                line, column = mark.line + 1, mark.column + 1
                if is_mapping:
                    node = Node({}, line, column, line, column, {})
                else:
                    node = Node([], line, column, line, column, [])
                stack.append(_Open(node, is_mapping))
                continue
            elif isinstance(event, yaml.CollectionEndEvent):
                node = stack.pop().node
            elif isinstance(event, yaml.AliasEvent):
                # The values behind aliases can multiply without bound.
                self.refuse(
                    mark,
                    f"aliases are not read; quote '*{event.anchor}' if it is text,"
                    " else write the value out",
                )
                node = Node(None, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 1)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(mark, "one file is one document; remove this '---'")
                    return root
                if event.version or event.tags:
                    self.refuse(mark, "directives such as %YAML and %TAG are not read; remove them")
                continue
            else:
                continue
            if stack:
                self.add(stack[-1], node)
            else:
                root = node
        return root

    def read_scalar(self, event: Any, is_key: bool) -> Node:
        mark = event.start_mark
        self.refuse_properties(event)
        value: Any = event.value
        if event.implicit[0]:
            try:
                value = read_scalar(event.value)
            except AmbiguousScalar as error:
                message = str(error)
                if is_key:
                    message = f"some readers take this key for no text; quote it as '{event.value}'"
                self.refuse(mark, message)
        elif _CONTROL.search(value):
            self.refuse(mark, "an escape in this text stands for a control character; remove it")
        if is_key:
            value = self.read_key(event, value)
        line, column = mark.line + 1, mark.column + 1
        return Node(value, line, column, line, column)

    def read_key(self, event: Any, value: Any) -> str:
        mark, text = event.start_mark, event.value
        if not isinstance(value, str):
            if text == "":
                self.refuse(mark, "a key is missing before ':'")
            else:
                self.refuse(mark, f"keys are text; quote this one as '{text}'")
        elif text == "<<" and event.implicit[0]:
            self.refuse(mark, "merge keys are not read; write the keys out")
        elif ":" in text and event.implicit[0]:
            self.refuse(mark, f"write a space after ':', as in '{text.replace(':', ': ', 1)}'")
        return str(text)

    def refuse_properties(self, event: Any) -> None:
        if event.anchor is not None:
            self.refuse(
                event.start_mark,
                f"anchors are not read; quote the text if it starts with '&{event.anchor}',"
                " else remove the anchor",
            )
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.refuse(
                event.start_mark,
                f"tags are not read; remove '{tag}', or quote the text if it starts with '!'",
            )

    def add(self, open_: _Open, node: Node) -> None:
        parent = open_.node
        if not open_.is_mapping:
            parent.value.append(node.value)
            parent.children.append(node)  # type: ignore[union-attr]
            return
        if open_.key is None:
            if node.children is not None:
                message = "a key is one word or one text, not a list or mapping"
                self.refuse_at(node.line, node.column, message)
                node = Node("", node.line, node.column, node.line, node.column)
            open_.key = node
            return
        key, open_.key = open_.key, None
        children: dict[str, Node] = parent.children  # type: ignore[assignment]
        if key.value in children:
            first = children[key.value].key_line
            message = f"the key '{key.value}' is given twice; the first is on line {first}"
            self.refuse_at(key.line, key.column, message)
            return
        node.key_line, node.key_column = key.line, key.column
        parent.value[key.value] = node.value
        children[key.value] = node


class _Open:
    """A list or mapping whose end has not been read yet."""

    __slots__ = ("is_mapping", "key", "node")

    def __init__(self, node: Node, is_mapping: bool) -> None:
        self.node = node
        self.is_mapping = is_mapping
        self.key: Node | None = None

    @property
    def wants_key(self) -> bool:
        return self.is_mapping and self.key is None
