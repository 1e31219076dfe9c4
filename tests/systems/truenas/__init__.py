"""Tests of the TrueNAS system against the lab's."""
