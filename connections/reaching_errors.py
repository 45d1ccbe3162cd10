"""The catalogue's part about reaching a database: its secret, its host, TLS, the login, and AWS on the way."""

from __future__ import annotations

from connections.error_kinds import ErrorKind

REACHING: dict[str, ErrorKind] = {
    "CONNECTION_TIMEOUT": ErrorKind(
        "{connection} did not answer within {seconds} s.",
        "Most often the security group does not let the portal in: check port 5432, the VPC routing and that "
        "the cluster is running, then try again.",
        retryable=True,
        status=504,
    ),
    "NETWORK_UNREACHABLE": ErrorKind(
        "{connection} cannot be reached from here.",
        "Check the host and port in the secret, the VPC configuration (same VPC or peering) and the security group.",
        retryable=True,
        status=502,
    ),
    "AUTHENTICATION_FAILED": ErrorKind(
        "{connection} refused the user name or password.",
        "Verify the secret: its user and password must be those of the database. Test them with psql.",
        status=502,
    ),
    "DATABASE_NOT_FOUND": ErrorKind(
        "The database {database} does not exist on {connection}.",
        "It may have been dropped or renamed since the list was read. Choose another database.",
        status=404,
    ),
    "TOO_MANY_CONNECTIONS": ErrorKind(
        "{connection} has no free connection slot.",
        "Try again in a moment. If it stays, raise max_connections or end idle sessions on the database.",
        retryable=True,
        status=503,
    ),
    "POOL_EXHAUSTED": ErrorKind(
        "Too many requests are waiting for {connection}.",
        "The database is answering slowly. Try again in a moment.",
        retryable=True,
        status=503,
    ),
    "TLS_FAILED": ErrorKind(
        "The encrypted connection to {connection} could not be set up.",
        "Check the TLS mode of the connection and that the server offers TLS.",
        status=502,
    ),
    "QUERY_TIMEOUT": ErrorKind(
        "{connection} did not answer the catalogue query within {seconds} s.",
        "The database may be busy or the table locked. Narrow the search or try again.",
        retryable=True,
        status=504,
    ),
    "PERMISSION_DENIED": ErrorKind(
        "The database user of {connection} may not read this.",
        "Ask the owner of the database for USAGE on the schema and SELECT on the table.",
        status=403,
    ),
    "DATABASE_ERROR": ErrorKind(
        "{connection} answered with an error (SQLSTATE {sqlstate}).",
        "Try again. If it stays, the portal's log has the details under this request's id.",
        retryable=True,
        status=502,
    ),
    # Secrets
    "SECRET_NOT_FOUND": ErrorKind(
        "The secret of {connection} does not exist.",
        "Check the secret ARN of the connection and that the secret was not deleted.",
        status=502,
    ),
    "SECRET_ACCESS_DENIED": ErrorKind(
        "The portal may not read the secret of {connection}.",
        "Allow secretsmanager:GetSecretValue on this secret to the portal's IAM role.",
        status=502,
    ),
    "SECRET_MALFORMED": ErrorKind(
        "The secret of {connection} is not usable: {problem}.",
        "It must be a JSON object with host, port (a number), database, username and password.",
        status=502,
    ),
    "AWS_UNREACHABLE": ErrorKind(
        "AWS {service} did not answer.",
        "Check the network path to AWS, the region and the credentials of the portal, then try again.",
        retryable=True,
        status=502,
    ),
    "AWS_REFUSED": ErrorKind(
        "AWS {service} refused the request ({aws_code}).",
        "Check the IAM permissions of the portal's role and the settings that name the resource.",
        status=502,
    ),
}
