"""What the PostgreSQL driver says when a job reads: the way to the database, the login, then what was asked of it."""

from __future__ import annotations

from jobs.execution.triage.rule import Rule, is_reading, rule

_SAYS = r"PSQLException: (?:ERROR|FATAL): "


DATABASE_RULES: tuple[Rule, ...] = (
    # The way there
    rule("RUN_HOST_UNKNOWN", r"UnknownHostException: (?P<name>\S+\.rds\.amazonaws\.com\S*)"),
    rule(
        "RUN_DATABASE_TIMEOUT",
        r"PSQLException: The connection attempt failed[\s\S]*?SocketTimeoutException: .*timed out",
    ),
    rule(
        "RUN_HOST_UNKNOWN", r"PSQLException: The connection attempt failed[\s\S]*?UnknownHostException: (?P<name>\S+)"
    ),
    rule(
        "RUN_DATABASE_UNREACHABLE",
        r"Connection to \S+ refused\.|PSQLException: The connection attempt failed[\s\S]*?"
        r"(?:NoRouteToHostException|Network is unreachable|Connection refused).*",
    ),
    rule(
        "RUN_DATABASE_TLS",
        r"PSQLException: (?:SSL error: .*|The hostname \S+ could not be verified.*"
        r"|Could not open SSL root certificate.*|The server does not support SSL.*)|SunCertPathBuilderException: .*",
    ),
    # The login
    rule("RUN_TOKEN_REFUSED", _SAYS + r"PAM authentication failed.*"),
    rule("RUN_DATABASE_TLS", _SAYS + r"no pg_hba\.conf entry .*no encryption"),
    rule(
        "RUN_AUTHENTICATION_FAILED",
        rf"{_SAYS}(?:password authentication failed.*|no pg_hba\.conf entry .*|role \S+ does not exist"
        r"|role \S+ is not permitted to log in)|PSQLException: The server requested \S+ authentication, but no pass.*",
    ),
    rule("RUN_DATABASE_MISSING", _SAYS + r'database "(?P<name>[^"]+)" does not exist'),
    rule(
        "RUN_DATABASE_FULL",
        rf"{_SAYS}(?:sorry, too many clients already"
        r"|remaining connection slots are reserved.*|too many connections for .*)",
    ),
    # What was asked of it
    rule("RUN_TABLE_MISSING", _SAYS + r'relation "?(?P<name>.+?)"? does not exist.*'),
    rule("RUN_TABLE_MISSING", _SAYS + r'schema "?(?P<name>.+?)"? does not exist.*'),
    rule("RUN_COLUMN_MISSING", _SAYS + r'column "?(?P<column>.+?)"? does not exist.*', about="column"),
    rule(
        "RUN_PERMISSION_DENIED",
        _SAYS + r"permission denied for (?:table|schema|relation|view|materialized view|foreign table|database|column) "
        r"(?P<name>\S+)",
    ),
    rule(
        "RUN_TYPE_CHANGED",
        rf"{_SAYS}(?:operator does not exist: .*|invalid input syntax for type .*|cannot cast type .*)",
        when=is_reading,
    ),
    rule("RUN_TABLE_LOCKED", _SAYS + r"canceling statement due to lock timeout.*"),
    rule("RUN_STATEMENT_TIMEOUT", _SAYS + r"canceling statement due to statement timeout.*"),
    rule("RUN_SNAPSHOT_LOST", _SAYS + r"invalid snapshot identifier.*"),
    rule(
        "RUN_DATABASE_RESTARTED",
        rf"{_SAYS}(?:terminating connection due to .*|canceling statement due to conflict with recovery.*"
        r"|the database system is .*)|PSQLException: (?:An I/O error occurred while sending to the backend"
        r"|This connection has been closed).*",
    ),
    rule("RUN_FILTER_INVALID", _SAYS + r"syntax error at or near .*"),
    rule("RUN_VALUE_UNREADABLE", r"PSQLException: Bad value for type .*|SQLException: Unrecognized SQL type.*"),
    # Whatever else it says
    rule("RUN_DATABASE_REFUSED", r"PSQLException: (?:ERROR|FATAL): (?P<error>.*)"),
)
