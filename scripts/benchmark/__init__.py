"""Measures what an integration costs Home Assistant, against its best known peer."""
