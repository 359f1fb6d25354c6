"""What is read of a filing, and how it is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from cpc_classifier.filing import TEXT_FIELDS, Filing
from cpc_classifier.passages import KINDS, Passage, cut, passages, plain

SPECIFICATION = """TECHNICAL FIELD
This is about spades.
SUMMARY OF THE INVENTION
The spade folds.
It locks by a ring.
BRIEF DESCRIPTION OF THE DRAWINGS
FIG. 1 shows the spade."""


def _read(filing: Filing, fields: tuple[str, ...] = TEXT_FIELDS) -> list[tuple[str, str]]:
    return [(KINDS[p.kind], p.text) for p in passages(filing, fields, 1000)]


def test_each_part_of_a_filing_is_a_passage() -> None:
    filing = Filing(
        "1", "Spade", "A folding\n spade.", "1. A spade.\n2. A spade of claim 1.", SPECIFICATION
    )
    assert _read(filing) == [
        ("abstract", "Spade. A folding spade."),
        ("claims", "A spade."),
        ("summary", "The spade folds. It locks by a ring."),
        (
            "description",
            "TECHNICAL FIELD This is about spades. "
            "BRIEF DESCRIPTION OF THE DRAWINGS FIG. 1 shows the spade.",
        ),
    ]


def test_the_title_stands_before_what_there_is() -> None:
    assert _read(Filing("1", "Spade", claims="1. A spade.")) == [("claims", "Spade. A spade.")]
    assert _read(Filing("1", "Spade")) == [("title", "Spade")]
    assert _read(Filing("1", abstract="Folds.")) == [("abstract", "Folds.")]
    assert _read(Filing("1", " \n", " ")) == []
    assert _read(Filing("1", "Spade", "Folds."), ("abstract",)) == [("abstract", "Folds.")]
    assert _read(Filing("1", "Spade", "Folds.", "1. A."), ("claims", "title", "abstract")) == [
        ("claims", "Spade. A."),
        ("abstract", "Folds."),
    ]


@pytest.mark.parametrize(
    ("claims", "independent"),
    [
        ("1. A cell.\n2. The cell of claim 1.\n3. A method.", "A cell. A method."),
        ("1.-38. (canceled) 39. A cell. 40. The cell of Claim 39.", "A cell."),
        ("[청구항1]바퀴를 포함하는 공. [청구항2]제1항에 있어서, 공.", "바퀴를 포함하는 공."),
        ("1. Zelle. 2. Zelle nach Anspruch 1.", "Zelle."),
        ("1. Pile. 2. Pile selon les revendications 1 et 2.", "Pile."),
        ("1. A cell of 3. grade. 2. A lid.", "A cell of grade. 2. A lid."),
        ("An apparatus without a number", "An apparatus without a number"),
        ("1. The cell of claim 2.", "1. The cell of claim 2."),
    ],
)
def test_the_independent_claims_are_read(claims: str, independent: str) -> None:
    assert _read(Filing("1", claims=claims)) == [("claims", independent)]


@pytest.mark.parametrize(
    "heading",
    [
        "SUMMARY",
        "Brief Summary of the Invention",
        "[0005] Disclosure of Invention",
        "【발명의 내용】",
    ],
)
def test_a_summary_is_found_by_its_heading(heading: str) -> None:
    for after in ("DETAILED DESCRIPTION", "【도면의 간단한 설명】"):
        text = f"Spades.\n{heading}\nIt folds.\n{after}\nFIG. 1."
        assert _read(Filing("1", description=text))[0] == ("summary", "It folds.")
    assert _read(Filing("1", description=f"Spades.\n{heading}\nIt folds."))[0][1] == "It folds."
    assert _read(Filing("1", description=f"The {heading.lower()} is short.\nEnd."))[0][0] == (
        "description"
    )


def test_texts_are_kept_out_of_what_is_printed() -> None:
    assert "secret" not in repr(passages(Filing("1", "secret"), TEXT_FIELDS, 100))


def _tokenizer() -> Tokenizer:
    """A token a word, between two special ones."""
    words = ["[CLS]", "[SEP]", *(f"w{i}" for i in range(400))]
    tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(words)}, unk_token="[SEP]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
    )
    return tokenizer


def _words(start: int, count: int) -> str:
    return " ".join(f"w{i}" for i in range(start, start + count))


def test_a_short_text_is_one_piece_with_its_special_tokens() -> None:
    [[piece]] = cut(_tokenizer(), [plain(_words(0, 3))], 8, 4)
    assert (piece.kind, piece.ids) == (0, [0, 2, 3, 4, 1])


def test_a_long_passage_becomes_pieces_of_like_length() -> None:
    [own] = cut(_tokenizer(), [[Passage(2, _words(100, 14))]], 12, 4)
    assert [piece.kind for piece in own] == [2, 2]
    assert [len(piece.ids) for piece in own] == [9, 9]
    assert [i for piece in own for i in piece.ids[1:-1]] == list(range(102, 116))


def test_every_passage_is_read_before_one_is_read_on() -> None:
    reading = [Passage(kind, _words(100, 30)) for kind in (1, 2, 3)]
    for most, kinds in ((1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (5, [1, 1, 2, 2, 3])):
        [own] = cut(_tokenizer(), [reading], 12, most)
        assert sorted(piece.kind for piece in own) == kinds
    [[alone]] = cut(_tokenizer(), [reading], 12, 1)
    assert alone.ids == [0, *range(102, 112), 1]  # what is read of it alone is read full


@given(
    texts=st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=4), max_size=5),
    most=st.integers(1, 6),
    longest=st.integers(4, 20),
)
def test_pieces_keep_the_limits(texts: list[list[int]], most: int, longest: int) -> None:
    readings = [[Passage(k, _words(100, n)) for k, n in enumerate(sizes)] for sizes in texts]
    found = cut(_tokenizer(), readings, longest, most)
    assert len(found) == len(texts)
    for own, sizes in zip(found, texts, strict=True):
        assert 1 <= len(own) <= most
        assert all(2 <= len(piece.ids) <= longest for piece in own)
        assert {piece.kind for piece in own} == set(range(min(most, len(sizes))))
