"""Tests of what is shown of the NAS itself."""
