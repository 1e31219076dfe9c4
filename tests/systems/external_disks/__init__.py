"""Systems that do nothing but tell of disks: Scrutiny and smartctl_exporter."""
