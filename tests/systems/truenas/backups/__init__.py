"""Tests of TrueNAS's backup tasks."""
