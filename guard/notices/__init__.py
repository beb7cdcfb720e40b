"""Notifies the owner of a denied job once, on the configured channels."""
