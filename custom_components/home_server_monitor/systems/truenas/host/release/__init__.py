"""The version of TrueNAS that runs, the newest one, and whether a restart is due."""
