"""What a symbol says in words."""

from __future__ import annotations

from taxonomy.labels import labels
from taxonomy.tree import Taxonomy
from training.label_texts import label_texts


def test_titles_come_first_in_tree_order(mini_scheme: Taxonomy) -> None:
    texts = label_texts(mini_scheme, {mini_scheme.symbols[3]: "what it is"})
    n = len(mini_scheme.symbols)
    assert tuple(t.symbol for t in texts[:n]) == mini_scheme.symbols
    assert [t.kind for t in texts] == ["title"] * n + ["definition"]
    assert texts[-1].text.endswith(". what it is")


def test_labels_of_other_languages_follow_with_those_above_them(mini_scheme: Taxonomy) -> None:
    told = [t for t in label_texts(mini_scheme, {}, ("en", "ko")) if t.kind == "label"]
    korean = labels("ko")
    assert {t.symbol for t in told} == set(korean) & set(mini_scheme.symbols)
    deepest = max(told, key=lambda t: len(t.symbol))
    path = mini_scheme.path(deepest.symbol)
    assert deepest.text == ". ".join(korean[s] for s in reversed(path))


def test_a_language_without_labels_adds_nothing(mini_scheme: Taxonomy) -> None:
    assert label_texts(mini_scheme, {}, ("en", "de")) == label_texts(mini_scheme, {})
