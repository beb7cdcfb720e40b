"""Reading AWS's responses, whatever they contain."""

from __future__ import annotations

from guard.extract.reading import union_members


def test_the_members_of_a_union_are_its_named_objects() -> None:
    node = {"S3": {"S3Uri": "s3://a/b"}, "Later": {}, "Text": "x", 7: {"S3Uri": "s3://c/d"}}
    assert list(union_members(node, "ModelSource")) == [
        ("ModelSource.Later", {}),
        ("ModelSource.S3", {"S3Uri": "s3://a/b"}),
    ]
