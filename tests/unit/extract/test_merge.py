"""The merged view of several definitions, which hides no fact of any of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.document import Command, Vpc
from guard.extract.facts import Facts, join, merge_weakest, merges

IN_VPC = Vpc(subnets=("subnet-1",), security_groups=("sg-1",))
COUNTS = ["unshown_settings", "unshown_entries"]
LISTS = [field.name for field in fields(Facts) if isinstance(getattr(Facts(), field.name), tuple)]
SINGLES = [field.name for field in fields(Facts) if field.name not in {*LISTS, *COUNTS}]


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field; two of a list are as good as many, and made in a tenth of the time."""
    if get_origin(hint) is tuple:
        return st.lists(st.from_type(get_args(hint)[0]), max_size=2).map(tuple)
    return st.from_type(hint)


ANY_FACTS = st.builds(Facts, **{name: values(hint) for name, hint in get_type_hints(Facts).items()})
# Facts are large, and each field is tested in the same way: a few examples are enough.
few = settings(max_examples=12, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])


class TestMerge:
    """Each field declares how it merges, so that none is forgotten."""

    @few
    @given(ANY_FACTS)
    def test_merging_one_is_itself(self, one) -> None:
        assert merge_weakest([one]) == join(one) == one

    @few
    @given(st.lists(ANY_FACTS, min_size=2, max_size=3))
    def test_lists_lose_nothing(self, parts) -> None:
        for merged in (merge_weakest(parts), join(*parts)):
            for name in LISTS:
                assert list(getattr(merged, name)) == [item for part in parts for item in getattr(part, name)]

    @few
    @given(st.lists(ANY_FACTS, min_size=2, max_size=3))
    def test_counts_of_what_is_left_out_add_up(self, parts) -> None:
        for merged in (merge_weakest(parts), join(*parts)):
            for name in COUNTS:
                assert getattr(merged, name) == sum(getattr(part, name) for part in parts)

    @few
    @given(st.lists(ANY_FACTS, min_size=2, max_size=3))
    def test_what_joins_a_job_does_not_change_its_settings(self, parts) -> None:
        joined = join(*parts)
        assert [getattr(joined, name) for name in SINGLES] == [getattr(parts[0], name) for name in SINGLES]

    @few
    @given(ANY_FACTS)
    def test_twice_the_same_setting_is_that_setting(self, one) -> None:
        merged = merge_weakest([one, one])
        assert [getattr(merged, name) for name in SINGLES] == [getattr(one, name) for name in SINGLES]

    def test_a_field_without_a_declaration_is_refused(self) -> None:
        @dataclass(frozen=True)
        class More(Facts):
            forgotten: int | None = None

        with pytest.raises(TypeError, match="More: declare how forgotten merges in its field's metadata"):
            merges(More)


class TestWeakest:
    """A view of several definitions must not hide what one of them does."""

    @pytest.mark.parametrize(
        ("values", "merged"),
        [((True, True), True), ((True, False), False), ((True, None), None), ((None, False), False)],
    )
    def test_one_definition_that_is_not_isolated_decides(self, values, merged) -> None:
        definitions = [Facts(isolated=value, spot=value, encrypted_traffic=value) for value in values]
        found = merge_weakest(definitions)
        assert (found.isolated, found.spot, found.encrypted_traffic) == (merged, merged, merged)

    @pytest.mark.parametrize(
        ("values", "merged"),
        [((False, False), False), ((True, False), True), ((False, None), None), ((None, True), True)],
    )
    def test_one_definition_with_remote_debug_decides(self, values, merged) -> None:
        assert merge_weakest([Facts(remote_debug=value) for value in values]).remote_debug == merged

    @pytest.mark.parametrize(("values", "merged"), [((60, 3600), 3600), ((60, None), None), ((0, 0), 0)])
    def test_the_longest_time_decides_and_no_limit_is_longest(self, values, merged) -> None:
        definitions = [Facts(max_runtime_seconds=value, keep_alive_seconds=value) for value in values]
        found = merge_weakest(definitions)
        assert (found.max_runtime_seconds, found.keep_alive_seconds) == (merged, merged)

    def test_one_definition_outside_a_vpc_decides(self) -> None:
        assert merge_weakest([Facts(vpc=IN_VPC), Facts()]).vpc is None

    def test_the_vpc_of_all_definitions_has_all_subnets(self) -> None:
        other = Vpc(subnets=("subnet-2", "subnet-1"), security_groups=())
        assert merge_weakest([Facts(vpc=IN_VPC), Facts(vpc=other)]).vpc == Vpc(
            subnets=("subnet-1", "subnet-2"), security_groups=("sg-1",)
        )

    def test_an_own_command_is_not_hidden_by_an_images_own(self) -> None:
        own = Command(entrypoint=("sh",), arguments=None)
        assert merge_weakest([Facts(), Facts(command=own)]).command == own

    def test_the_job_has_a_part_that_one_definition_has(self) -> None:
        definitions = [Facts(lacks=frozenset({"spot", "volumes"})), Facts(lacks=frozenset({"spot"}))]
        assert merge_weakest(definitions).lacks == {"spot"}

    def test_no_definitions_are_no_facts(self) -> None:
        assert merge_weakest([]) == Facts()
