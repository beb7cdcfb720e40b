"""Breaks the policies one small change at a time, to see whether their tests notice."""
