"""What the systems that show disks have in common: SMART values, verdicts, entities, the report."""
