"""How one speaks with TrueNAS, in any version; knows nothing of pools or of Home Assistant."""
