"""A stand-in for AWS Lambda over HTTP, for tests and the demonstration: it runs the function of `infra/lambda`.

boto3 reaches it by `AWS_ENDPOINT_URL_LAMBDA`; no code of the portal knows it. `README.md` beside this says how it is
driven.
"""
