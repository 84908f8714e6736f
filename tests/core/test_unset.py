"""UNSET stands for a parameter that is not sent."""

from __future__ import annotations

import copy
import pickle

from chat_magic.core.unset import UNSET


def test_there_is_one_unset():
    """It is compared by identity: copies and pickles are the same object."""
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert copy.deepcopy({"seed": UNSET})["seed"] is UNSET


def test_it_shows_its_name():
    """As users write it."""
    assert repr(UNSET) == "UNSET"
