"""The folders and packages of policies, and imports of packages that don't exist, read from the texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.authoring.layout import import_problems, package_problems
from guard.authoring.rego_text import RegoText, read_texts

POLICIES = Path("policies")


def _package(file: str, text: str) -> list[str]:
    return [str(problem) for problem in package_problems(POLICIES, [RegoText(Path(file), text)])]


def test_a_file_that_is_not_utf_8_is_reported(tmp_path: Path) -> None:
    (tmp_path / "guard/main").mkdir(parents=True)
    (tmp_path / "guard/main/main.rego").write_bytes(b"package guard.main\n\n# \xff\n")
    (tmp_path / "guard/main/other.rego").write_text("package guard.main\n\n# \ufffd \xff\r\n")
    (told,) = package_problems(POLICIES, read_texts(tmp_path))
    assert str(told) == "policies/guard/main/main.rego:1:1: the file is not UTF-8 text; save it as UTF-8"


WHERE = (
    "policies are in guard/main, guard/plan, guard/parameters, guard/settings, guard/mask, guard/lib/<topic> and "
    "guard/rules/<rule_id>, helpers of tests in guard/testing/*_test.rego; move the package "
)
ENDS = "only files of tests, *_test.rego, have a package that ends in _test, not "


def _wrong(name: str, folder: str, package: str, what: str = "files") -> str:
    return f"the package is {name}, but {what} in {folder} have the package {package}; write `package {package}`"


@pytest.mark.parametrize(
    ("file", "package", "text"),
    [
        ("guard/testing/a_test.rego", "guard.testing", None),
        ("guard/main/a_test.rego", "guard.main_test", None),
        ("guard/mask/a.rego", "guard.mask", None),
        ("guard/parameters/a.rego", "guard.parameters", None),
        ("guard/plan/a.rego", "guard.plan", None),
        ("guard/settings/a.rego", "guard.settings", None),
        ("guard/lib/a/b/c.rego", "guard.lib.a.b", None),
        ("guard/lib/a/b/c_test.rego", "guard.lib.a.b_test", None),
        ("guard/rules/a/a.rego", "guard.rules.a", None),
        ("guard/rules/a/a.rego", "guard.rules.b", _wrong("guard.rules.b", "guard/rules/a", "guard.rules.a")),
        ("guard/rules/a/a.rego", "rules.a", _wrong("rules.a", "guard/rules/a", "guard.rules.a")),
        (
            "guard/testing/a_test.rego",
            "guard.testing_test",
            _wrong("guard.testing_test", "guard/testing", "guard.testing", "tests"),
        ),
        ("guard/main/a_test.rego", "guard.main", _wrong("guard.main", "guard/main", "guard.main_test", "tests")),
        ("guard/main/a.rego", "guard.plan", _wrong("guard.plan", "guard/main", "guard.main")),
        ("guard/main/a.rego", "guard.main_test", _wrong("guard.main_test", "guard/main", "guard.main")),
        ("guard/main_test/a.rego", "guard.main_test", f"{ENDS}guard.main_test"),
        ("guard/lib/a_test/a.rego", "guard.lib.a_test", f"{ENDS}guard.lib.a_test"),
        ("guard/testing/a.rego", "guard.testing", f"{WHERE}guard.testing"),
        ("guard/testing/a/a_test.rego", "guard.testing.a_test", f"{WHERE}guard.testing.a_test"),
        ("guard/config/a.rego", "guard.config", f"{WHERE}guard.config"),
        ("guard/lib/a.rego", "guard.lib", f"{WHERE}guard.lib"),
        ("guard/lib/a_test.rego", "guard.lib_test", f"{WHERE}guard.lib_test"),
        ("guard/rules/a.rego", "guard.rules", f"{WHERE}guard.rules"),
        ("guard/rules/a/b/c.rego", "guard.rules.a.b", f"{WHERE}guard.rules.a.b"),
        ("guard/a/b/c.rego", "guard.a.b", f"{WHERE}guard.a.b"),
        ("guard/main/a/c.rego", "guard.main.a", f"{WHERE}guard.main.a"),
        ("a/rules/b/c.rego", "a.rules.b", f"{WHERE}a.rules.b"),
        ("a/lib/b/c.rego", "a.lib.b", f"{WHERE}a.lib.b"),
        ("a.rego", "guard.main", f"{WHERE}guard.main"),
        ("a_test.rego", "guard.main_test", f"{WHERE}guard.main_test"),
    ],
)
def test_a_package_is_that_of_its_folder(file: str, package: str, text: str | None) -> None:
    assert _package(file, f"package {package}\n") == ([f"policies/{file}:1:1: {text}"] if text else [])


MISSING = "the package is missing; write `package guard.main` before everything but comments"
OTHER = _wrong("guard.other", "guard/main", "guard.main")
MARK = "the file begins with a byte order mark, which hides its METADATA from OPA; save it as UTF-8 without one"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# package guard.other\n\n  # and more\npackage guard.main # guard.other\n", None),
        ("package guard.main; x := `\npackage guard.other\n`", None),
        ("package\tguard.main\r\n\r\nx := 1\r\n", None),
        ("# a\n\npackage guard.other\n", f"3:1: {OTHER}"),
        ("# a\nx := 1\npackage guard.main\n", f"2:1: {MISSING}"),
        ("Package guard.main\n", f"1:1: {MISSING}"),
        ("", f"1:1: {MISSING}"),
        ("\ufeff# METADATA\npackage guard.main\n", f"1:1: {MARK}"),
    ],
    ids=["comments", "raw text", "other spaces", "row", "something before it", "capital", "empty", "byte order mark"],
)
def test_the_package_is_the_first_line_that_is_neither_empty_nor_a_comment(text: str, told: str | None) -> None:
    assert _package("guard/main/main.rego", text) == ([f"policies/guard/main/main.rego:{told}"] if told else [])


def test_the_head_ends_with_the_line_of_the_package() -> None:
    head = "# of this\n\npackage guard.main # main\n"
    assert RegoText(Path("main.rego"), f"{head}\nx := 1\n").head == head


PACKAGES = {
    "guard/lib/globs/globs.rego": "guard.lib.globs",
    "guard/lib/globs/globs_test.rego": "guard.lib.globs_test",
    "guard/lib/images/images.rego": "guard.lib.images",
    "guard/main/main.rego": "guard.main",
    "guard/parameters/parameters.rego": "guard.parameters",
    "guard/settings/settings.rego": "guard.settings",
}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import data.guard.lib.globs", None),
        ("import data.guard.lib", None),
        ("import data.guard", None),
        ("import data.guard.parameters.of.own as o", None),
        ("import data.guard.main", None),
        ("import data.guard.rules.other", None),
        ("import data.guard.config", None),
        ("import input.guard.lib.glob", None),
        ("# import data.guard.lib.glob", None),
        ("import data.guard.lib.glob", ("data.guard.lib.glob", "guard.lib.globs")),
        ("import data.guard.lib.glob as g  # short", ("data.guard.lib.glob", "guard.lib.globs")),
        ("import data.guard.globs", ("data.guard.globs", "guard.lib.globs")),
        ("import data.guard.parameter", ("data.guard.parameter", "guard.parameters")),
        ("import data.guard.setting", ("data.guard.setting", "guard.settings")),
        ("import data.guard.lib.parameters", ("data.guard.lib.parameters", "guard.parameters")),
        ("import guard.parameters", ("guard.parameters", "guard.parameters")),
        ("import data.guard.lib.globs.globs", None),
        ("import data.guard.lib.globs_tes", None),
        ("import data.guard.lib.main", None),
        ("import data.guard.config.globs", None),
        ("import guard.main.globs", None),
        ("import data.guard.mask.globs", None),
        ("import data.guard.plan.globs", None),
        ("import data.guard.rules.globs", None),
        ("import data.guard.testing.globs", None),
        ("import data.guard.lib.unlike_all_of_them", None),
    ],
)
def test_a_misspelt_import_of_a_library_is_reported(line: str, told: tuple[str, str] | None) -> None:
    texts = [RegoText(Path(file), f"package {name}\n") for file, name in PACKAGES.items()]
    own = RegoText(Path("guard/rules/own/own.rego"), f"package guard.rules.own\n\n{line}\n")
    said = [str(problem) for problem in import_problems(POLICIES, [*texts, own])]
    where = "policies/guard/rules/own/own.rego:3:8: "
    assert said == ([f"{where}there is no package {told[0]}; write `import data.{told[1]}`"] if told else [])
