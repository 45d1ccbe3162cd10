"""A stand-in for EMR Serverless over HTTP, for tests and the demonstration: its tokens, states, queue and faults.

boto3 reaches it by `AWS_ENDPOINT_URL_EMR_SERVERLESS`; no code of the portal knows it. `README.md` beside this says how
it is driven.
"""
