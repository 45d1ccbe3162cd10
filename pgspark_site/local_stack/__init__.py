"""Everything a bare machine needs to run the portal: found or installed, started, supervised, filled with a sample."""
