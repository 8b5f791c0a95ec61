"""Everything up to a tracked face: decode, detect, track, and the sources of frames."""
