from __future__ import annotations

import numpy as np

from cpc_classifier.int4 import dot_int4, norms_int4, pack_int4, quantise, unpack_int4


def unit(count: int, dim: int, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_vectors_come_back_close_and_of_unit_length() -> None:
    vectors = unit(2000, 64)
    codes, low, step = pack_int4(vectors)
    assert codes.dtype == np.uint8
    assert codes.shape == (2000, 32)
    again = unpack_int4(codes, low, step)
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, atol=1e-5)
    assert np.einsum("md,md->m", vectors, again).min() > 0.97


def test_the_even_dimension_lies_in_the_low_half() -> None:
    low, step = np.zeros(4, np.float32), np.ones(4, np.float32)
    codes = quantise(np.array([[1, 2, 3, 15]], np.float32), low, step)
    assert codes.tolist() == [[0x21, 0xF3]]
    wanted = np.array([[1, 2, 3, 15]]) / np.sqrt(1 + 4 + 9 + 225)
    np.testing.assert_allclose(unpack_int4(codes, low, step), wanted, rtol=1e-6)


def test_a_dimension_that_never_varies_is_kept() -> None:
    vectors = np.array([[1, 0], [1, 0]], np.float32)
    np.testing.assert_allclose(unpack_int4(*pack_int4(vectors)), vectors, atol=1e-6)


def test_more_vectors_than_a_block_are_all_packed() -> None:
    vectors = unit(40_000, 4)
    again = unpack_int4(*pack_int4(vectors))
    assert np.einsum("md,md->m", vectors, again).min() > 0.8


def test_a_product_with_codes_is_that_with_their_vectors() -> None:
    codes, low, step = pack_int4(unit(500, 32, seed=1))
    query = unit(1, 32, seed=2)[0]
    found = dot_int4(codes, norms_int4(codes, low, step), low, step, query)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, unpack_int4(codes, low, step) @ query, atol=2e-6)
