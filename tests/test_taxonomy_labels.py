"""The own labels: complete, in the right language, and not the official titles."""

from __future__ import annotations

import re

import pytest

from taxonomy.labels import LANGUAGES, labels
from taxonomy.structure import PACKAGED, read_structure
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_symbol_above_main_groups_has_a_label(language: str) -> None:
    tree = read_structure(PACKAGED).up_to(Rank.SUBCLASS)
    found = labels(language)
    assert len(tree) == 826
    assert set(found) == set(tree.symbols)
    assert all(label and label == label.strip() for label in found.values())


def test_a_label_is_short() -> None:
    for language, longest in (("en", 80), ("ko", 50)):
        assert {s: x for s, x in labels(language).items() if len(x) > longest} == {}


def test_korean_labels_are_korean() -> None:
    for symbol, label in labels("ko").items():
        assert HANGUL.search(label) or label.isupper(), f"{symbol}: {label}"


def test_english_labels_are_plain_text() -> None:
    for symbol, label in labels("en").items():
        assert not HANGUL.search(label), f"{symbol}: {label}"
        assert not re.search(r"[{}\t]", label), f"{symbol}: {label}"


def test_siblings_have_different_labels() -> None:
    tree = read_structure(PACKAGED).up_to(Rank.SUBCLASS)
    for language in LANGUAGES:
        found = labels(language)
        for parent in tree.symbols:
            below = [found[child] for child in tree.children(parent)]
            assert len(set(below)) == len(below), f"{language} {parent}: {below}"


def test_there_are_no_labels_in_other_languages() -> None:
    with pytest.raises(ValueError, match="no labels in 'fr'; there are some in en, ko"):
        labels("fr")


def _plain(title: str) -> str:
    """A title without references and signs, case-folded."""
    while (less := re.sub(r"\([^()]*\)|\{[^{}]*\}", " ", title)) != title:
        title = less
    return " ".join(re.findall(r"\w+", title.casefold()))


@pytest.mark.shared
def test_no_label_is_the_official_title(official: Taxonomy) -> None:
    copied = {
        symbol: label
        for symbol, label in labels("en").items()
        if len(label.split()) > 3 and _plain(label) == _plain(official.title(symbol))
    }
    assert copied == {}
