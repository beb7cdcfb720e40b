"""Telling the owner of a denied job, where they look, once."""
