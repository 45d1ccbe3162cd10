"""Encodings are told from what real exports hold."""

from __future__ import annotations

import pytest

from catalog.files.dialect import ENCODINGS
from catalog.files.encoding import decode, detect
from connections.errors import PortalError

GERMAN = "id;Straße;Größe\n1;Königsallee;groß\n2;Äußere Mühle;klein\n"
FRENCH = "nom,prénom\nLefèvre,Élodie\nGarçon,Noël\n"
POLISH = "imię,miasto\nŁukasz,Łódź\nJaźń,Gdańsk\n"
RUSSIAN = "имя,город\nИван,Москва\nМария,Санкт-Петербург\n"
JAPANESE = "名前,都市\n田中,東京\n鈴木,大阪\n"
PRICES = "item,price\npen,€5\nink,£7\nheat,20°C\n"


@pytest.mark.parametrize("times", [1, 50])
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "cp1252"),
        (GERMAN, "latin-1"),
        (FRENCH, "latin-1"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (JAPANESE, "cp932"),
        (PRICES, "cp1252"),
        ("plain,ascii\n1,2\n", "ascii"),
    ],
)
def test_the_text_comes_back(text: str, codec: str, times: int) -> None:
    data = (text * times).encode(codec)

    assert decode(data, detect(data), name="x.csv", is_whole=True) == text * times


def test_evidence_from_far_behind_decides() -> None:
    assert detect(b"plain,ascii\n" * 100, FRENCH.encode("latin-1")) == "windows-1252"


def test_a_cut_character_at_the_end_of_a_sample_is_left_out() -> None:
    data = "a,ä".encode()[:-1]

    assert detect(data) == "UTF-8"
    assert decode(data, "UTF-8", name="x.csv", is_whole=False) == "a,"


def test_the_wrong_encoding_is_said() -> None:
    with pytest.raises(PortalError) as refused:
        decode("Köln".encode("latin-1"), "UTF-8", name="x.csv", is_whole=True)

    assert refused.value.code == "FILE_ENCODING_WRONG"


def test_every_encoding_of_the_form_is_one_that_python_knows() -> None:
    assert all("a".encode(codec) for codec in ENCODINGS.values())
