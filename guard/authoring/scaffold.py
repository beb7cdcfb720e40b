"""`make new-rule`: create a complete and harmless rule as a starting point."""

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
# Reserved words of Rego, and the name under which `main` reports exemptions themselves.
_RESERVED = {"as", "contains", "data", "default", "else", "every", "exemptions", "false", "if", "import", "in", "input"} | {
    "not", "null", "package", "some", "true", "with"
}  # fmt: skip


def new_rule(opa: Opa, policies: Path, name: str) -> list[str]:
    """Create the folder, the test and the configuration of a rule; return the list of files and the next step as lines.

    Raises ConfigError for an invalid name, or if the policies already have problems.
    """
    _check_name(opa.folder, policies, name)
    _check_policies(opa, policies)
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
    """Return the configuration with a section added at the end of its rules; other lines are unchanged.

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


def _check_name(root: Path, policies: Path, name: str) -> None:
    if not _NAME.fullmatch(name) or name.endswith("_test") or name in _RESERVED:
        raise ConfigError(
            f"{name!r} can't be a rule's name: use lower case, digits and underscores, name the violation (denied_image), "
            "and don't use a reserved word of Rego or the ending _test"
        )
    folder = policies / _RULES / name
    if (root / folder).exists():
        raise ConfigError(f"the rule {name} already exists: {folder}")


def _check_policies(opa: Opa, policies: Path) -> None:
    broken = errors(check_config(opa, policies, utc_now().date()))
    if broken:
        listed = "\n".join(str(problem) for problem in broken)
        raise ConfigError(f"the policies have problems; fix them first:\n{listed}")
