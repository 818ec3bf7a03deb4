"""What the source of a kernel says where Python's run does not: its loops, branches and annotations around a line."""

from __future__ import annotations

import ast
import dis
import linecache
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Iterators whose variable the compiler does not know while it traces: their bodies are traced once.
_TRACED_ONCE = frozenset({"affine_range", "sequential_range", "range"})


@lru_cache(maxsize=64)
def _functions(file: str, text: str) -> dict[tuple[str, int], Function]:
    """The functions of a file by name and first line, that of the first decorator."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    return {(node.name, min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])): node
            for node in ast.walk(tree) if isinstance(node, Function)}


@lru_cache(maxsize=1024)
def function_of(code: CodeType) -> Function | None:
    """The source of a function, if it can be found."""
    lines = linecache.getlines(code.co_filename)
    return _functions(code.co_filename, "".join(lines)).get((code.co_name, code.co_firstlineno)) if lines else None


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    """A function's nodes without those of functions within."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (Function, ast.Lambda, ast.ClassDef)):
            yield child
            yield from _inner(child)


def _holds(node: ast.stmt, line: int) -> bool:
    """Whether a line is in the body of a loop or in a branch."""
    if not isinstance(node, (ast.For, ast.While, ast.If)):
        return False
    return any(part.lineno <= line <= (part.end_lineno or part.lineno) for part in (*node.body, *node.orelse))


@lru_cache(maxsize=4096)
def around(code: CodeType, line: int) -> tuple[ast.For | ast.While | ast.If, ...]:
    """The loops and branches that a line of a function is in, the outermost first."""
    function = function_of(code)
    if function is None:
        return ()
    found = [node for node in _inner(function) if isinstance(node, (ast.For, ast.While, ast.If)) and _holds(node, line)]
    return tuple(sorted(found, key=lambda node: node.lineno))


def called(node: ast.AST) -> str:
    """The last name of what an expression calls; empty if it is no call."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def _loop_variables(blocks: tuple[ast.For | ast.While | ast.If, ...]) -> set[str]:
    """The variables of loops that the compiler traces once."""
    return {name.id for block in blocks if isinstance(block, ast.For) and called(block.iter) in _TRACED_ONCE
            for name in ast.walk(block.target) if isinstance(name, ast.Name)}


@lru_cache(maxsize=4096)
def open_branches(code: CodeType, line: int) -> tuple[ast.If, ...]:
    """The branches around a line that the compiler cannot decide: on a loop's variable, or on the program's number."""
    blocks = around(code, line)
    variables = _loop_variables(blocks)
    return tuple(block for block in blocks if isinstance(block, ast.If) and any(
        isinstance(part, ast.Name) and part.id in variables or called(part) == "program_id" for part in ast.walk(block.test)))


@lru_cache(maxsize=4096)
def annotation_of(code: CodeType, line: int) -> tuple[str, ast.Subscript] | None:
    """Of `name: nt.tensor[…] = call(…)` at a line: what is called, and the annotation."""
    function = function_of(code)
    for node in _inner(function) if function is not None else ():
        if isinstance(node, ast.AnnAssign) and node.lineno <= line <= (node.end_lineno or node.lineno) and node.value is not None \
                and isinstance(node.annotation, ast.Subscript) and _last_name(node.annotation.value) == "tensor":
            return called(node.value), node.annotation
    return None


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def in_while_test(code: CodeType, line: int) -> bool:
    """Whether a line is in the condition of a `while`."""
    function = function_of(code)
    tests = [node.test for node in _inner(function) if isinstance(node, ast.While)] if function is not None else []
    return any(test.lineno <= line <= (test.end_lineno or test.lineno) for test in tests)


@lru_cache(maxsize=1024)
def _instructions(code: CodeType) -> dict[int, tuple[str, str]]:
    """By position in a function's bytecode: what is there, and what is in front of it."""
    found: dict[int, tuple[str, str]] = {}
    before = ""
    for instruction in dis.get_instructions(code):
        found[instruction.offset] = (instruction.opname, before)
        if instruction.opname != "TO_BOOL":
            before = instruction.opname
    return found


def is_condition(code: CodeType, position: int) -> bool:
    """Whether Python decides by the value that it looks at: not in `a and b`, whose value may be `a`."""
    name, before = _instructions(code).get(position, ("", ""))
    # From Python 3.13 on a comparison in front of a jump asks for the truth itself.
    return name.startswith(("POP_JUMP", "TO_BOOL", "UNARY_NOT", "COMPARE_OP")) and before != "COPY"
