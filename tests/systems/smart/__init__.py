"""What the systems that show disks have in common."""
