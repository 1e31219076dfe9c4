"""Tests of the NUT system."""
