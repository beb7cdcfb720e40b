"""`make new-rule`: a rule that is complete and harmless, to be turned into the one that is wanted."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from guard.authoring.config_check import check_config
from guard.authoring.diagnostics import errors
from guard.authoring.generated import generated_files, write
from guard.authoring.layout import CONFIG
from guard.authoring.opa import Opa
from guard.authoring.yaml_positions import Positions
from guard.errors import ConfigError
from guard.times import utc_now

_TEMPLATES = Path(__file__).parent / "templates"
_RULES = Path("guard/rules")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Words that Rego has for itself, and the name under which `main` reports the exemptions themselves.
_TAKEN = {"as", "contains", "data", "default", "else", "every", "exemptions", "false", "if", "import", "in", "input"} | {
    "not", "null", "package", "some", "true", "with"
}  # fmt: skip


def new_rule(opa: Opa, policies: Path, name: str) -> list[str]:
    """Make the folder, the test and the configuration of a rule, and return what to do next.

    Raises ConfigError for a name that can't be used, or when the policies have problems already.
    """
    _refuse_name(opa.folder, policies, name)
    _refuse_problems(opa, policies)
    folder = policies / _RULES / name
    values = {"name": name, "title": name.replace("_", " ").capitalize()}
    config = policies / CONFIG
    section = _filled("config.yaml", values)
    files = {
        folder / f"{name}.rego": _filled("rule.rego", values),
        folder / f"{name}_test.rego": _filled("rule_test.rego", values),
        config: with_section(config, (opa.folder / config).read_text(), section),
    }
    write(opa.folder, files)
    write(opa.folder, generated_files(opa, policies))
    purposes = ("what the rule looks for", "what it must find, and what not", "its level and parameters")
    width = max(len(str(file)) for file in files)
    made = [f"{file!s:<{width}}  {purpose}" for file, purpose in zip(files, purposes, strict=True)]
    return [*made, "Change them, then: make docs check test-policies"]


def with_section(file: Path, text: str, section: str) -> str:
    """Return the configuration with a section at the end of its rules, every other line as it was.

    Raises ConfigError when the rules are not written as an indented block.
    """
    text = text if text.endswith("\n") else text + "\n"
    lines = text.splitlines(keepends=True)
    positions = Positions(file, text)
    start = positions.at(("rules",))[0]
    end = next((i for i in range(start, len(lines)) if not re.match(r"\s|#|$", lines[i])), len(lines))
    inside = [i for i in range(start, end) if lines[i].startswith(" ") and lines[i].strip()]
    if not inside or not lines[start - 1].split("#")[0].strip() == "rules:":
        raise ConfigError(f"{file}:{start}: write the rules as an indented block below `rules:`, then try again")
    indent = " " * (len(lines[inside[0]]) - len(lines[inside[0]].lstrip()))
    block = "".join(f"{indent}{line}" for line in section.splitlines(keepends=True))
    at = inside[-1] + 1
    return "".join(lines[:at]) + "\n" + block + "".join(lines[at:])


def _filled(template: str, values: dict[str, str]) -> str:
    return Template((_TEMPLATES / f"{template}.template").read_text()).substitute(values)


def _refuse_name(root: Path, policies: Path, name: str) -> None:
    if not _NAME.fullmatch(name) or name.endswith("_test") or name in _TAKEN:
        raise ConfigError(
            f"{name!r} can't be a rule's name: use lower case, digits and underscores, name the offence (denied_image), "
            "and neither end in _test nor take a word of Rego's"
        )
    folder = policies / _RULES / name
    if (root / folder).exists():
        raise ConfigError(f"there is a rule {name} already: {folder}")


def _refuse_problems(opa: Opa, policies: Path) -> None:
    broken = errors(check_config(opa, policies, utc_now().date()))
    if broken:
        listed = "\n".join(str(problem) for problem in broken)
        raise ConfigError(f"the policies have problems; solve them first:\n{listed}")
