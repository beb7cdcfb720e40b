"""How much of a job's settings a document holds: all of an honest job's, and never more than there is room for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.document import DenyList, Document, Image, Origin, Setting, Source
from guard.extract import parts
from guard.extract.bounds import ENTRIES, SETTINGS_BYTES, bounded, bounded_lists
from guard.extract.facts import Facts
from guard.jobs import TRAINING
from guard.normalize import normalize
from guard.refs import Collected, JobRef, job_arn
from guard.resources import MODEL, Resource
from tests.support.jobs import HOME
from tests.unit.extract.test_storage import s3_input

ROOM = 1_000
SETTINGS = st.lists(
    st.builds(Setting, slot=st.just("Environment"), name=st.text(max_size=9), value=st.text(max_size=400)), max_size=9
).map(tuple)


def setting(name: str, length: int) -> Setting:
    return Setting(slot="Environment", name=name, value="x" * length)


def size(*settings: Setting) -> int:
    """What they take in the JSON of a document, with a comma behind each."""
    return sum(len(one.model_dump_json().encode()) + 1 for one in settings)


@pytest.mark.parametrize("room", [0, 1], ids=["exactly", "with room"])
def test_all_settings_are_shown_if_they_fit(room: int) -> None:
    first, second = (setting("a", 10), setting("b", 300)), (setting("c", 20),)
    assert bounded(first, second, size(*first, *second) + room) == (first, second)


def test_the_longest_settings_are_left_out_and_the_order_is_kept() -> None:
    first = (setting("a", 600), setting("b", 100), setting("c", 200))
    second = (setting("d", 300), setting("e", 50))
    kept = size(first[1], first[2], second[1])
    assert bounded(first, second, kept) == (first[1:], second[1:])
    assert bounded(first, second, kept - 1) == ((first[1],), (second[1],))


def test_padding_in_front_pushes_nothing_of_usual_length_out() -> None:
    secret = setting("DB_PASSWORD", 12)
    first, second = bounded(tuple(setting(f"p{number}", 100) for number in range(99)), (secret,), ROOM)
    assert second == (secret,)
    assert 0 < len(first) < 99


def test_characters_count_as_the_bytes_that_they_take() -> None:
    wide = Setting(slot="Environment", name="a", value="\N{PILE OF POO}" * 100)
    assert bounded((wide,), (), size(wide)) == ((wide,), ())
    assert bounded((wide,), (), size(wide) - 1) == ((), ())


@given(first=SETTINGS, second=SETTINGS)
def test_what_is_shown_is_within_the_room_and_nothing_shorter_is_left_out(first: Any, second: Any) -> None:
    kept = bounded(first, second, ROOM)
    shown, given_ = list(kept[0] + kept[1]), list(first + second)
    in_order = iter(given_)
    assert all(one in in_order for one in shown)
    frames = sum(len(f"{one.slot}{one.name}{one.value}".encode()) for one in shown)
    assert frames <= ROOM
    left_out = [one for one in given_ if one not in shown]
    lengths = [len(f"{one.name}{one.value}".encode()) for one in left_out]
    assert min(lengths, default=ROOM) >= max((len(f"{one.name}{one.value}".encode()) for one in shown), default=0)


def of_training(variables: dict[str, str], **description: Any) -> Document:
    described = {"HyperParameters": {"epochs": "3"}, "Environment": variables, **description}
    collected = Collected(described, {}, {})
    source = Source(type="check", id="check-1", time=datetime(2026, 11, 24, 12, tzinfo=UTC))
    ref = JobRef(TRAINING, "job-1", job_arn("job-1", TRAINING, HOME), HOME, source, None, {})
    return normalize(ref, collected, DenyList(images={}, patterns=()))


def test_a_document_counts_the_settings_that_it_leaves_out() -> None:
    variables = {f"V{number}": "x" * 10_000 for number in range(SETTINGS_BYTES // 10_000 + 5)}
    document = of_training(variables)
    assert [one.name for one in document.hyperparameters] == ["epochs"]
    assert document.settings_omitted == len(variables) - len(document.environment) > 0


def test_the_command_takes_room_from_the_settings_and_is_whole() -> None:
    words = ["x" * 256] * 100
    variables = {f"V{number}": "x" * 10_000 for number in range(SETTINGS_BYTES // 10_000 + 5)}
    without = of_training(variables)
    document = of_training(variables, AlgorithmSpecification={"ContainerArguments": words})
    assert document.command.arguments == tuple(words)
    assert len(without.environment) - len(document.environment) in {2, 3}  # 25,600 bytes


def test_nothing_is_left_out_of_an_honest_job() -> None:
    document = of_training({"STAGE": "dev"})
    assert (len(document.hyperparameters), len(document.environment), document.settings_omitted) == (1, 1, None)


# Lists


def image(name: str) -> Image:
    return parts.image(f"registry.example.com/{name}", "Image", Origin(type="job", name="job-1"))


def names(facts: Facts) -> list[str]:
    return [str(one.raw).rpartition("/")[2] for one in facts.images]


def test_a_list_keeps_its_first_entries_and_counts_the_others() -> None:
    inputs = tuple(s3_input(f"input-{number}", "s3://a/b") for number in range(5))
    facts, omitted = bounded_lists(Facts(inputs=inputs, roles=("a", "b", "c", "d")), 3)
    assert (facts, omitted) == (Facts(inputs=inputs[:3], roles=("a", "b", "c")), 3)


def test_one_reference_with_two_claims_is_two_images() -> None:
    claims = [None, None, "sha256:1", None, "sha256:2"]
    facts = Facts(images=tuple(image("a").model_copy(update={"claimed_digest": claim}) for claim in claims))
    kept, _ = bounded_lists(facts, 3)
    assert [one.claimed_digest for one in kept.images] == [None, "sha256:1", "sha256:2"]


def test_padding_with_one_image_pushes_no_other_out() -> None:
    facts = Facts(images=tuple(map(image, ["pad", "pad", "a", "pad", "denied"])))
    assert (names(bounded_lists(facts, 3)[0]), bounded_lists(facts, 3)[1]) == (["pad", "a", "denied"], 2)
    assert names(bounded_lists(facts, 4)[0]) == ["pad", "pad", "a", "denied"]


def test_settings_have_a_bound_of_their_own() -> None:
    settings = tuple(setting(f"s{number}", 1) for number in range(5))
    facts = Facts(environment=settings, hyperparameters=settings)
    assert bounded_lists(facts, 3) == (facts, 0)


def test_unresolved_resources_do_not_count_as_omitted() -> None:
    facts = Facts(unresolved=tuple(Resource(MODEL.id, f"m{number}") for number in range(5)))
    assert bounded_lists(facts, 3) == (facts, 0)


def test_a_document_counts_the_entries_that_it_leaves_out() -> None:
    channels = [
        {"ChannelName": f"c{number}", "DataSource": {"S3DataSource": {"S3Uri": "s3://a/b"}}}
        for number in range(ENTRIES + 7)
    ]
    document = of_training({}, InputDataConfig=channels)
    assert (len(document.storage.inputs), document.entries_omitted) == (ENTRIES, 7)
    assert of_training({}, InputDataConfig=channels[:ENTRIES]).entries_omitted is None
