"""Evaluate the policies on trial documents before they ship, to find what types can't: errors and undefined decisions."""
