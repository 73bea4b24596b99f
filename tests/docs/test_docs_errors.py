"""The page of exceptions names every one there is, under its family, with its file and its status."""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module

import hat_clinic
from hat_clinic.api.problems import PROBLEMS
from hat_clinic.vocabulary import errors

PAGE = (errors.__doc__ or "").partition("    HatError\n")[2].splitlines()


def raised_on_purpose() -> set[type[BaseException]]:
    modules = [errors]
    for each in pkgutil.walk_packages(hat_clinic.__path__, "hat_clinic."):
        if not each.name.startswith("hat_clinic.migrations"):
            modules.append(import_module(each.name))
    classes = {one for module in modules for one in vars(module).values() if inspect.isclass(one)}
    return {
        one for one in classes if issubclass(one, BaseException) and one.__module__.startswith("hat_clinic.")
    }


def line_of(name: str) -> tuple[int, str]:
    return next((place, line) for place, line in enumerate(PAGE) if re.search(rf"\b{name}\b", line))


def test_every_exception_stands_on_the_page_under_its_family() -> None:
    found = raised_on_purpose()
    assert len(found) > 20
    for one in found - {errors.HatError}:
        place, line = line_of(one.__name__)
        above = [base for base in one.__mro__[1:] if base in found]
        if not above:
            assert one.__name__ == "MixedExpressions"
        elif above[0] is errors.HatError:
            assert re.match(rf"    [├└]── {one.__name__}\b", line), line
        else:
            assert place == line_of(above[0].__name__)[0] + 1, line
            assert line.startswith("    │   └── "), line


def test_what_stands_elsewhere_has_its_file() -> None:
    for one in raised_on_purpose() - {errors.HatError}:
        if one.__module__ == errors.__name__:
            continue
        file = "/".join(one.__module__.split(".")[1:]) + ".py"
        family = next((each for each in one.__mro__[1:] if each.__module__ == one.__module__), one)
        assert file.removeprefix("vocabulary/") in line_of(family.__name__)[1], one


def test_the_statuses_are_those_that_are_answered() -> None:
    for kind, problem in PROBLEMS.items():
        if kind is not errors.HatError:
            assert str(problem.status) in line_of(kind.__name__)[1]
