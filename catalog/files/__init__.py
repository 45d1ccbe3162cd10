"""Files of people, uploaded or in S3: how they are read, what their first rows look like, and where they may be."""
