"""Tests of the pure analyses."""
