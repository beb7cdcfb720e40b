"""Mutation testing: change the policies in one place at a time, and check that their tests fail."""
