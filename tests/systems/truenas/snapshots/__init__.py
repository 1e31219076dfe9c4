"""Tests of what is shown of TrueNAS's snapshots."""
