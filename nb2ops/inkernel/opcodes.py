"""Which opcodes a pickle holds: whether a set is in it, told from other bytes that look like one.

The opcodes are those that CPython's pickler writes with protocol 5 (`Lib/pickletools.py` describes them). It hands
its output on in pieces that begin with an opcode; text and bytes of more than 64 KiB are pieces of their own.
"""

from __future__ import annotations

import re

_EMPTY_SET, _FROZENSET = b"\x8f", b"\x91"
_MARKS = (b"\x8f\x94(", b"\x91\x94")
"""A set with elements and a frozen set, each put into the memo; two bytes are often there by chance."""

_FEW = 1000
"""As many bytes of a piece are quicker looked at one by one."""

_SHORT = b"|".join(re.escape(bytes([size])) + b".{%d}" % size for size in range(256))
_PLAIN = re.compile(
    rb"(?:[(.012NRb}\])aeust\x81\x85\x86\x87\x88\x89\x90\x92\x93\x94\x97\x98]"
    rb"|[Kh\x80].|M..|[Jj].{4}|[G\x95].{8}|[\x8cC\x8a](?:" + _SHORT + rb")){1,1000}",
    re.DOTALL,
)
"""Opcodes with arguments of at most 255 bytes, except those of sets."""

_LONG = {b"X": 4, b"B": 4, b"\x8b": 4, b"\x8d": 8, b"\x8e": 8, b"\x96": 8}
"""Opcodes with longer arguments -> bytes that say how long."""

HEADER = 9
"""Bytes of the longest opcode and the size that follows it."""


def may_have_set(piece: bytes | bytearray, before: bytes) -> bool:
    """Whether a piece of a pickle has a set with elements in it; True also where the piece cannot be read.

    Args:
        piece: what the pickler writes at once.
        before: the last `HEADER` bytes of the piece before.
    """
    return any(_holds(piece, mark) for mark in _MARKS) and not _is_data(before, len(piece)) and _has_set(bytes(piece))


def _holds(piece: bytes | bytearray, mark: bytes) -> bool:
    """Whether a mark is in a piece; found by its first byte, which is rare: the second one is everywhere."""
    at = -1
    for _ in range(_FEW):
        at = piece.find(mark[0], at + 1)
        if at < 0 or piece[at + 1 : at + 2] == mark[1:2]:
            break
    return at >= 0 and piece.find(mark, at) >= 0


def _is_data(before: bytes, size: int) -> bool:
    """Whether the piece is text or bytes, announced by an opcode at the end of the piece before."""
    return any(
        before.endswith(opcode + size.to_bytes(8, "little")[:width]) for opcode, width in _LONG.items() if size >> 16
    )


def _has_set(piece: bytes) -> bool:
    at = 0
    while at < len(piece):
        plain = _PLAIN.match(piece, at)
        at = plain.end() if plain else at
        opcode = piece[at : at + 1]
        if opcode == _FROZENSET or piece.startswith(_MARKS[0], at):
            return True
        if opcode == _EMPTY_SET:
            at += 1
        elif opcode in _LONG:
            start = at + 1 + _LONG[opcode]
            at = start + int.from_bytes(piece[at + 1 : start], "little")
        elif not plain:
            return True
    return False
