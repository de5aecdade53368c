"""How texts are folded for searching, how words are marked, and how Q&A numbers are read."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisories.searching import (
    excerpt,
    links_in,
    marked,
    normalise,
    numbers_in,
    search_text,
    with_synonyms,
    words_of,
)

texts = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("アあガが゛゙ﾞｶﾞｰー・･ ヴゔㇷ゚ヷ　Ａａﬁß㍍①")
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＩＷＳＶＡ　６．５", "iwsva 6.5"),
        ("サーバー", "さば"),
        ("サーバ", "さば"),
        ("ｻｰﾊﾞｰ", "さば"),
        ("ホワイト・リスト", "ほわいとりすと"),
        ("ヴァージョン", "ゔぁじょん"),
        ("パ", "ぱ"),
        ("  two\n\twords ", "two words"),
        ("㍍", "めとる"),
        ("Straße", "strasse"),
        ("か\u3099", "が"),
        ("カー\u3099", "が"),  # the mark falls away, and what it parted grows together
        ("ー・", ""),
    ],
)
def test_texts_are_folded_so_that_spellings_of_one_word_are_equal(written, folded):
    assert normalise(written) == folded


@given(texts)
@example("カー\u3099")
@example("ǰ\u0323")
def test_folding_twice_changes_nothing(text):
    once = normalise(text)

    assert normalise(once) == once
    assert once == once.strip()
    assert not {"ー", "・", "\n"} & set(once)


def test_a_query_is_its_words_each_once():
    assert words_of("　遅い  サーバー さば ー") == ["遅い", "さば"]
    assert words_of("・") == []


@pytest.mark.parametrize(
    ("text", "word", "pieces"),
    [
        ("ページが遅い", "遅い", [("ページが", False), ("遅い", True)]),
        ("上位サーバーの設定", "サーバ", [("上位", False), ("サーバー", True), ("の設定", False)]),
        ("ﾌﾟﾛｷｼ経由", "プロキシ", [("ﾌﾟﾛｷｼ", True), ("経由", False)]),
        ("ＨＴＴＰＳ復号", "https", [("ＨＴＴＰＳ", True), ("復号", False)]),
        ("ホワイト・リストへ", "ホワイトリスト", [("ホワイト・リスト", True), ("へ", False)]),
        ("か\u3099んばる", "がん", [("か\u3099ん", True), ("ばる", False)]),
        ("aaa", "aa", [("aaa", True)]),
        ("遅 い", "遅い", [("遅 い", False)]),
        ("長さ１０㍍", "めとる", [("長さ１０", False), ("㍍", True)]),
        ("", "x", []),
    ],
)  # fmt: skip
def test_words_are_marked_where_they_stand(text, word, pieces):
    assert marked(text, words_of(word)) == pieces


@given(texts, st.lists(texts, max_size=4))
def test_marking_leaves_the_text_as_it_is(text, queries):
    words = [word for query in queries for word in words_of(query)]

    pieces = marked(text, words)

    assert "".join(piece for piece, _is_found in pieces) == text
    assert all(piece for piece, _is_found in pieces)
    flags = [is_found for _piece, is_found in pieces]
    assert all(one != other for one, other in pairwise(flags))


@given(
    st.text("アァあガがガｶﾞｰー・ Ａa漢字", max_size=30),
    st.text("アあガがカーa字", min_size=1, max_size=3),
)
def test_every_word_that_the_search_finds_is_marked(text, query):
    for word in words_of(query):
        is_found = word in normalise(text)

        pieces = [piece for piece, is_marked in marked(text, [word]) if is_marked]

        assert bool(pieces) == is_found
        assert all(word in normalise(piece) for piece in pieces)


def test_an_excerpt_begins_before_the_first_word_that_a_short_one_would_not_show():
    text = "あ" * 200 + "遅延" + "い" * 200

    part = excerpt(text, ["遅延"], 100)

    assert part == "…" + "あ" * 30 + "遅延" + "い" * 68 + "…"
    assert excerpt("遅延" + text, ["遅延"], 100) == "遅延" + "あ" * 98 + "…"
    assert excerpt("短い", ["遅延"], 100) == "短い"
    assert excerpt("短い文" * 50, [], 6) == "短い文短い文…"


GROUPS = [["IWSx", "IWSVA", "IWSS"], ["遅い", "遅延"], ["重い", "遅延"], ["ー", "・"]]


def test_search_text_holds_each_text_and_the_words_of_the_groups_it_touches():
    found_by = search_text(["ＩＷＳＳ", "遅延する", "", "iwss"], GROUPS)

    assert found_by.split("\n") == ["iwss", "遅延する", "iwsx", "iwsva", "遅い", "重い"]


def test_a_synonym_does_not_lead_to_the_synonyms_of_its_synonyms():
    assert "重い" not in search_text(["遅い"], GROUPS)


def test_the_words_that_are_marked_include_what_the_synonyms_found():
    assert with_synonyms(["重い"], GROUPS) == ["重い", "遅延"]
    assert with_synonyms(["証明書"], GROUPS) == ["証明書"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("1120273", "1120273"),
        ("１１２０２７３", "1120273"),
        (" Q&A 1120273 ", "1120273"),
        ("製品Ｑ＆Ａ番号：1120273", "1120273"),
        ("KA-0008812", "KA-0008812"),
        ("ka-0008812", "KA-0008812"),
        ("ka0008812", "KA-0008812"),
        ("KA-8812", "KA-0008812"),
        ("000289683", "000289683"),
        ("289683", "000289683"),
        ("TP000289683", "000289683"),
        ("000289683", "TP000289683"),
        ("0001120273", "1120273"),
        ("http://esupport.trendmicro.com/solution/ja-JP/1110778.aspx", "1110778"),
        ("esupport.trendmicro.com/solution/ja-JP/1110778.aspx", "1110778"),
        ("https://success.trendmicro.com/jp/solution/1119845", "1119845"),
        ("https://success.trendmicro.com/jp/solution/1119845/", "1119845"),
        ("https://success.trendmicro.com/jp/solution/000289683", "000289683"),
        ("https://success.trendmicro.com/solution/1116672", "1116672"),
        ("https://success.trendmicro.com/dcx/s/solution/1119132?language=ja", "1119132"),
        ("https://success.trendmicro.com/dcx/s/solution/1119132-os-support?language=ja", "1119132"),
        (
            "https://success.trendmicro.com/dcx/s/solution/000291451?language=ja"
            "&sfdcIFrameOrigin=null",
            "000291451",
        ),
        ("https://success.trendmicro.com/dcx/s/solution/TP000291451?language=ja", "000291451"),
        ("https://success.trendmicro.com/ja-JP/solution/KA-0015549", "KA-0015549"),
        ("https://success.trendmicro.com/ja-JP/solution/ka-0008798#top", "KA-0008798"),
        ("success.trendmicro.com/ja-JP/solution/ka-0008798", "KA-0008798"),
        ("詳細: https://success.trendmicro.com/jp/solution/1119845 を参照", "1119845"),
        ("https://appweb.trendmicro.com/SupportNews/NewsDetail.aspx?id=3606", "3606"),
        ("https://kb.example.com/article?id=KA-0000012&x=1", "KA-0000012"),
        ("KB55-a", "KB55-A"),
    ],
)  # fmt: skip
def test_a_number_is_read_in_every_form_that_is_handed_around(query, number):
    assert number in numbers_in(query)


@pytest.mark.parametrize(
    "query",
    ["", "遅い", "13", "6.5", "HTTPS", "1120273 遅い", "https://docs.example.com/iwsva/ja-jp/toc"],
)
def test_what_is_no_number_is_left_to_the_words(query):
    assert numbers_in(query) == []


def test_no_spelling_of_one_number_is_another_number():
    assert "1120273" not in numbers_in("KA-1120273")
    assert "KA-1120273" not in numbers_in("1120273")
    assert "11202730" not in numbers_in("1120273")


@given(texts)
def test_reading_a_number_never_fails(query):
    assert isinstance(numbers_in(query), list)
    assert isinstance(links_in(query), list)


def test_a_link_without_a_number_is_looked_for_as_it_was_written_down():
    assert links_in("https://kb.example.com/how-to/?lang=ja") == [
        "https://kb.example.com/how-to/?lang=ja",
        "https://kb.example.com/how-to",
        "https://kb.example.com/how-to/",
    ]
    assert links_in("kb.example.com/how-to") == []
