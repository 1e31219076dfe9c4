"""Disks of TrueNAS."""
