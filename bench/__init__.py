"""Benchmarks: each one command, everything compared in the same run, one JSON object as the last line."""
