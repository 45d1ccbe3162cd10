"""The catalogue's part about connections: managing them, and reaching a database by secret, host, TLS and login."""

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
    "HOST_NOT_ALLOWED": ErrorKind(
        "The host of {connection} is not one that this portal may connect to.",
        "If it is the right host, add it or a pattern such as *.example.com to the setting PGSPARK_DATABASE_HOSTS.",
        status=403,
    ),
    "HOST_ADDRESS_FORBIDDEN": ErrorKind(
        "The host of {connection} leads to an address that no database has.",
        "Metadata services and link-local addresses are always refused, and this machine's own unless the setting "
        "PGSPARK_DATABASE_HOSTS lists the host in full. Check the name in the secret and what DNS says of it.",
        status=403,
    ),
    "HOST_NOT_FOUND": ErrorKind(
        "The host name of {connection} cannot be found.",
        "Check the host in the secret for typing errors, that the cluster still exists, and the DNS of this network.",
        retryable=True,
        status=502,
    ),
    "AUTHENTICATION_FAILED": ErrorKind(
        "{connection} refused the user name or password.",
        "Verify the secret: its user and password must be those of the database. Test them with psql.",
        status=502,
    ),
    "IAM_TOKEN_REFUSED": ErrorKind(
        "{connection} refused the IAM database token.",
        "A token lives 15 minutes, so a wrong clock here makes it expired. Otherwise check that IAM authentication is "
        "on for the cluster, that the user was granted rds_iam, and that the portal's role has rds-db:connect for it.",
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
    "DATABASE_SLOW": ErrorKind(
        "{connection} has not answered yet; it was asked {seconds} s ago.",
        "The reading goes on, and its answer is kept as soon as it is there. Try again in a moment.",
        retryable=True,
        status=503,
    ),
    "TLS_FAILED": ErrorKind(
        "The encrypted connection to {connection} could not be set up.",
        "Check that the server offers TLS 1.2 or newer and that nothing on the way breaks the connection.",
        status=502,
    ),
    "TLS_NOT_OFFERED": ErrorKind(
        "{connection} requires TLS, and the server offers none.",
        "Turn TLS on at the server, or choose another TLS mode for the connection if the network may be trusted.",
        status=502,
    ),
    "TLS_REQUIRED": ErrorKind(
        "The server of {connection} takes encrypted connections only.",
        "Choose a TLS mode that requires encryption for the connection.",
        status=502,
    ),
    "TLS_CERTIFICATE_UNTRUSTED": ErrorKind(
        "The certificate of {connection} is from an authority that the portal does not know.",
        "Amazon RDS's authorities are known. For another server set PGSPARK_CA_BUNDLE to a file with its authority's "
        "certificate. If it should be RDS, something else may be answering in its place.",
        status=502,
    ),
    "TLS_CERTIFICATE_EXPIRED": ErrorKind(
        "The certificate of {connection} is not valid at this time.",
        "It has expired, or the portal's clock is wrong. Renew it; for RDS, rotate the instance's certificate.",
        status=502,
    ),
    "TLS_HOST_MISMATCH": ErrorKind(
        "The certificate of {connection} is for another host name.",
        "Use the endpoint's own name in the secret, not an alias or an address, or check the certificate only "
        "(verify-ca) if the name cannot be had.",
        status=502,
    ),
    "TLS_OFF": ErrorKind(
        "The connection to {connection} is not encrypted.",
        "Passwords and rows can be read on the way. Choose a TLS mode that requires encryption.",
    ),
    "CA_BUNDLE_UNREADABLE": ErrorKind(
        "The certificates that {connection} is checked against cannot be read.",
        "Set PGSPARK_CA_BUNDLE to a readable file of certificates in PEM form, or leave it empty for those of RDS.",
        status=500,
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
    "ROLE_MAY_WRITE": ErrorKind(
        "The database user of {connection} may do more than read: {powers}.",
        "The portal only reads, but the jobs log in as this user too. Give it SELECT and USAGE and nothing more.",
    ),
    # Managing connections
    "CONNECTION_MANAGERS_ONLY": ErrorKind(
        "Only administrators of the portal may change connections.",
        "Ask one of them; you may use and test those that are open to your groups.",
        status=403,
    ),
    "CONNECTION_NAME_NOT_TYPED": ErrorKind(
        "The name that was typed is not that of the connection.",
        "Type {connection} to delete it. Nothing was deleted.",
    ),
    "CONNECTION_IN_USE": ErrorKind(
        "{connection} is used by {usage}, which would lose their tables.",
        "Disable it instead: nobody can use it then, and what was done with it stays. Nothing was deleted.",
        status=409,
    ),
    "SETTINGS_FILE_INVALID": ErrorKind(
        "The settings file cannot be imported: {problem}.",
        'It must be JSON of the form {{"postgres": {{"connections": [{{"name": ..., "secret_arn": ...}}]}}}}.',
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
    "AWS_NO_CREDENTIALS": ErrorKind(
        "The portal has no AWS credentials.",
        "Give its machine or task a role, or set AWS_PROFILE; see the section on AWS in the README.",
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
