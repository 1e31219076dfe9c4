"""What the NAS tells of itself by the second: processor, memory, ARC and network interfaces."""
