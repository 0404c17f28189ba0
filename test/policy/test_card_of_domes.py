"""The card of a model for pads that are lists of points."""

from __future__ import annotations

from tacrefine.hands import load_hand
from tacrefine.policy.card import read_card
from tacrefine.policy.runtime import model_folder


def test_the_card_of_a_hand_with_domes_names_each_with_all_its_taxels():
    card, hand = read_card(model_folder("allegro_gen3")), load_hand("allegro_gen3")
    assert [tuple(pad) for pad in card.pads] == [(pad.name, pad.rows, pad.cols) for pad in hand.pads]
    assert max(rows for _, rows, _ in card.pads) == 127
