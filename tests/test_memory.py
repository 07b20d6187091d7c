"""Giving memory back changes nothing but memory, and is no error where C's library cannot do it."""

from __future__ import annotations

import ctypes

import pytest

from curate.memory import give_back


def test_memory_is_given_back_where_that_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    give_back()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    give_back()
