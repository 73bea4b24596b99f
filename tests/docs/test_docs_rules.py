"""A rule's id stands in the rule, the finding and a test; each way to forget one is seen to be caught."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import pages, prose, rules

GOOD = '''
HOUSE = "a law"


def too_much(mass):
    """AD20: more than is allowed.

    Source: a law.
    """
    return (Finding("AD20", "too much", HOUSE),)
'''


def planted(root: Path, text: str, test: str = "def test_refuses_ad20(): ...") -> list[str]:
    for path, content in (("hat_clinic/domain/x.py", text), ("tests/domain/test_domain_x.py", test)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")
    code = rules.read(root)
    return rules.breaches(code, rules.naming_tests(code.rules, root))


def test_every_rule_is_explained_once_has_a_source_and_a_test() -> None:
    code = rules.program()
    assert len(code.rules) > 140
    assert rules.breaches(code, rules.naming_tests(code.rules)) == []


def test_an_id_that_was_used_is_never_used_again() -> None:
    assert not prose.RETIRED.keys() & set(rules.program().rules)
    page = pages.rulebook()
    for rule in prose.RETIRED:
        assert f"next free id {rule}." not in page and f"| {rule} |" in page.partition("## Gone")[2]


def test_every_house_rule_that_is_cited_is_written_down() -> None:
    code = rules.program()
    sources = [source for rule in code.rules for source in code.sources(rule)]
    cited = {about for source in sources for about in re.findall(r"house rule on (\w+)", source)}
    assert cited == prose.HOUSE_RULES.keys()
    assert [each for each in sources if re.search(r"house rule(?! on \w|: \w)", each)] == []


def test_a_good_rule_is_let_through(tmp_path: Path) -> None:
    assert planted(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    "old, new, words",
    [
        ('"""AD20: more', '"""More', "no docstring there says so"),
        ('"""AD20: more', '"""AD21: more', "AD21 is explained and nothing finds it"),
        ('"""AD20: more', '"""AD20 too: more', "no docstring says 'AD20: what is refused'"),
        ("Source: a law.", "", "AD20 has no source"),
        ('Finding("AD20"', 'Finding(f"AD{20}"', "the id of a finding is put together"),
        ('Finding("AD20"', 'Finding("AD" + "20"', "the id of a finding is put together"),
    ],
)
def test_a_rule_that_lacks_something_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert any(words in each for each in planted(tmp_path, GOOD.replace(old, new)))


def test_a_rule_without_a_test_is_refused(tmp_path: Path) -> None:
    assert planted(tmp_path, GOOD, "def test_refuses_ad201(): ...") == ["AD20 is in no test"]


@pytest.mark.parametrize("test", ["def test_boundary_AD20_x(): ...", "def test_x():\n    match('AD20')"])
def test_a_test_names_a_rule_by_its_name_or_inside(tmp_path: Path, test: str) -> None:
    assert planted(tmp_path, GOOD, test) == []


OTHER = '''

def other(mass):
    """AD20{}: another thing."""
    return (Finding("AD20", "other", HOUSE),)
'''


def test_an_id_with_two_meanings_is_refused(tmp_path: Path) -> None:
    places = "domain/x.py:too_much, domain/x.py:other"
    assert planted(tmp_path, GOOD + OTHER.format("")) == [f"AD20 is defined 2 times: {places}"]
    assert planted(tmp_path, GOOD + OTHER.format(" too")) == []


def test_a_second_place_that_says_nothing_is_refused(tmp_path: Path) -> None:
    silent = GOOD + "\n\ndef other():\n    return _gap('AD20', HOUSE)\n"
    assert planted(tmp_path, silent) == ["domain/x.py:other finds AD20, and no docstring there says so"]


def test_a_constant_is_explained_under_it_or_in_its_module(tmp_path: Path) -> None:
    alone = '_ONE = Finding("AD20", "words", "a law")\n'
    assert "domain/x.py finds AD20, and no docstring there says so" in planted(tmp_path, alone)
    assert planted(tmp_path, alone + '"""AD20: a thing.\n\nSource: a law."""\n') == []
    assert planted(tmp_path, alone + '\n\ndef f():\n    """AD20: a thing.\n\n    Source: a law."""\n') == []


def test_several_rules_of_one_function_are_read_one_by_one(tmp_path: Path) -> None:
    text = '''
def f():
    """Every reason. AD20: one thing. And more of it. AD21: another,
    over two lines.

    AD22 too: a third.
    Source: a law, told
    over two lines.
    Why: because.
    """
    return ("AD20", "AD21", "AD22")
'''
    planted(tmp_path, text)
    code = rules.read(tmp_path)
    assert [(each.rule, each.words, each.again) for each in code.said] == [
        ("AD20", "one thing", False),
        ("AD21", "another, over two lines", False),
        ("AD22", "a third", True),
    ]
    assert code.sources("AD20") == ["a law, told over two lines"]
