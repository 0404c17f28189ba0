"""Fields by path: what a path stands for, and the sentence where a message lacks it."""

from __future__ import annotations

import array
from types import SimpleNamespace

import numpy as np
import pytest
from driver_messages import multi_array, vector, xela

from tacrefine.errors import TouchError
from tacrefine.touch.adapters.paths import FieldPath

HAND = SimpleNamespace(
    fingers=[SimpleNamespace(taxels=[vector(0, 0, 10 * f + t) for t in range(3)]) for f in range(2)],
    data=array.array("h", range(12)),
)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("fingers[*].taxels[*].z", [0, 1, 2, 10, 11, 12]),
        ("fingers[1].taxels[*].z", [10, 11, 12]),
        ("fingers[-1].taxels[0:2].z", [10, 11]),
        ("fingers[0].taxels[2].z", [2]),
        ("data", range(12)),
        ("data[0:4]", range(4)),
        ("data[2::3]", [2, 5, 8, 11]),
        ("data[-1]", [11]),
    ],
)
def test_a_path_gives_the_numbers_at_its_place(path, values):
    found = FieldPath(path).numbers(HAND)
    assert found.dtype == np.float32
    assert found.tolist() == list(values)


def test_elements_are_chosen_by_the_value_of_a_field():
    message = xela(1.0, 7, {2: np.arange(3.0), 1: np.arange(3.0) + 5})
    assert FieldPath("sensors[sensor_pos=1].forces[*].z").numbers(message).tolist() == [5, 6, 7]
    assert FieldPath("sensors[0].time").value(message) == 1.0


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("finger[*]", r"there is no 'finger'; it has fingers, data"),
        ("fingers[*].taxels[*].w", r"there is no 'w'; it has x, y, z"),
        ("fingers[5].taxels[*].z", r"element 5 is not there, the sequence has 2"),
        ("data[0][0:2]", r"int is no sequence"),
        ("fingers", r"holds a message with taxels, not numbers"),
    ],
)
def test_what_a_message_lacks_is_told_with_what_it_has(path, sentence):
    with pytest.raises(TouchError, match=sentence):
        FieldPath(path).numbers(HAND)


@pytest.mark.parametrize("text", ["", "a..b", "a[", "a[x]", "a[1:2:0]", "a b", "[0]", "a.[0]"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(ValueError, match=r"path|selects|steps"):
        FieldPath(text)


def test_numbers_of_a_message_come_without_a_copy_through_python():
    values = FieldPath("data").numbers(multi_array(np.arange(1000)))
    assert values.shape == (1000,)
