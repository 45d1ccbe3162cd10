"""What the stand-ins for services of AWS share: HTTP on loopback, refusals, faults of calls, a folder for S3."""
