"""The measure of how hard a text is to read, held against words and texts that were counted by hand."""

from __future__ import annotations

import pytest
from tests.reading_level import grade, prose, read, sentences, syllables

COUNTED = {
    1: "baby's the cat stopped jerked breathe breathes cheese tried shakes goes stiff eyes eye once minced soaked cooked face cake month",
    2: "baby breathing before given table little apple spinach yellow maybe doctor began paper twitches noises boxes seated "
    "pointed diet iron being going crying people careful movement sometimes every handle handles",
    3: "calcium sodium usual medicine vitamin banana potato tomato emergency's different formula radio idea several animal",
    4: "magnesium potassium vegetable information emergency dietitian February",
}


@pytest.mark.parametrize(("count", "word"), [(count, word) for count, text in COUNTED.items() for word in text.split()])
def test_syllables(count: int, word: str) -> None:
    wanted = {"baby's": 2, "emergency's": 4}.get(word, count)
    assert abs(syllables(word) - wanted) == 0


def test_the_grade_is_that_of_the_formula() -> None:
    # 6 words, 1 sentence, 6 syllables; then 4 words, 1 sentence, 9 syllables.
    assert grade(["The cat sat on the mat."]) == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    assert grade(["Call emergency numbers now."]) == pytest.approx(0.39 * 4 + 11.8 * 8 / 4 - 15.59)


def test_a_hard_text_is_graded_hard() -> None:
    hard = "Hypomagnesaemia is characterised by neuromuscular irritability, necessitating immediate electrolyte determination."
    assert grade([hard]) > 15


def test_each_block_is_a_sentence_and_labels_can_be_left_out() -> None:
    assert sentences(["Milk", "One. Two! Three?", "…"]) == ["Milk", "One.", "Two!", "Three?"]
    assert prose(["Milk", "Give the baby milk and nothing else. Yes."]) == ["Give the baby milk and nothing else."]


def test_only_what_is_read_in_main_counts_and_cited_works_do_not() -> None:
    page = "<head><title>T</title></head><header>H</header><main><p>One <b>two</b>.</p><script>x</script><cite>C</cite></main><p>F</p>"
    assert read(page) == ["One two."]
