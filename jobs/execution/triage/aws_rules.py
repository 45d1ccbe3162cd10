"""What services of AWS say, in the words of botocore and of the SDK for Java: rights, keys, regions, ways there."""

from __future__ import annotations

from jobs.execution.triage.rule import Rule, Symptoms, rule


def _is_database(symptoms: Symptoms) -> bool:
    return "org.postgresql" in symptoms.passage.text


AWS_RULES: tuple[Rule, ...] = (
    # Keys first: services wrap their refusals in refusals of their own.
    rule("RUN_KMS_DENIED", r"^.*not authorized to perform: (?P<action>kms:\w+).*|^.*Access to KMS is not allowed.*"),
    rule("RUN_KMS_DENIED", r"^.*(?:Error Code: KMS\.\w+|KMS\.(?:AccessDenied|NotFound|Disabled)\w*).*"),
    # Secrets
    rule("RUN_SECRET_MISSING", r"^.*ResourceNotFoundException\).*GetSecretValue.*|^.*Secrets Manager can't find .*"),
    rule("RUN_SECRET_MISSING", r"^.*GetSecretValue operation: .*marked for deletion.*"),
    rule("RUN_SECRET_DENIED", r"^.*AccessDenied\w*\).*GetSecretValue.*|^.*perform: secretsmanager:GetSecretValue.*"),
    rule(
        "RUN_SECRET_MALFORMED",
        r"in (?:_login|_jdbc_url)$(?:\n.*)*?\n(?:KeyError: '(?:host|port|username|SecretString)'"
        r"|(?:json\.decoder\.)?JSONDecodeError: .*|ValueError: (?:the host is no host name|invalid literal for int.*))",
    ),
    # The driver and its jar
    rule(
        "JDBC_DRIVER_MISSING",
        r"^.*(?:ClassNotFoundException: org\.postgresql\.Driver|SQLException: No suitable driver).*"
        r"|^.*(?:FileNotFoundException|Access ?Denied|does not exist|Failed to download).*postgresql[\w.-]*\.jar.*"
        r"|^.*postgresql[\w.-]*\.jar.*(?:does not exist|Access ?Denied|Not Found|Forbidden).*",
    ),
    # Glue
    rule("RUN_LAKE_FORMATION", r"^.*Insufficient Lake Formation permission.*|^.*perform: lakeformation:\w+.*"),
    rule("RUN_GLUE_DENIED", r"^.*perform: (?P<action>glue:\w+).*"),
    rule("RUN_TABLE_MISSING", r"^.*EntityNotFoundException: .*?[Tt]able (?P<name>\S+) not found.*"),
    rule(
        "RUN_DATABASE_MISSING",
        r"^.*(?:EntityNotFoundException: .*?Database|SCHEMA_NOT_FOUND\] The schema) (?P<name>\S+).*",
    ),
    # Regions
    rule(
        "RUN_REGION_WRONG",
        r"^.*(?:AuthorizationHeaderMalformed|PermanentRedirect|the region '\S+' is wrong|The bucket is in this region"
        r"|NoRegionError|Unable to find a region).*",
    ),
    # S3
    rule("RUN_BUCKET_MISSING", r"^.*(?:NoSuchBucket|The specified bucket does not exist).*"),
    rule(
        "RUN_AWS_BUSY",
        r"^.*(?:Error Code: SlowDown|Please reduce your request rate|ThrottlingException|Rate exceeded).*",
    ),
    rule(
        "RUN_FILE_MISSING",
        r"^.*(?:\[PATH_NOT_FOUND\] Path does not exist: |FileNotFoundException: .*?)(?P<uri>s3a?://\S+?)[.,]?(?=\s|$).*",
    ),
    rule("RUN_FILE_MISSING", r"^.*(?:Error Code: NoSuchKey|The specified key does not exist).*"),
    rule(
        "RUN_S3_DENIED",
        r"^.*(?:AmazonS3Exception|S3Exception): (?:Access Denied|Forbidden).*"
        r"|^.*AccessDeniedException: s3a?://.*|^.*perform: s3:\w+.*"
        r"|^.*\(AccessDenied\) when calling the \w*(?:Object|Bucket)\w* operation.*",
    ),
    # Any other right
    rule("RUN_ROLE_DENIED", r"^.*not authorized to perform: (?P<action>[\w-]+:\w+).*"),
    rule("RUN_ROLE_DENIED", r"^.*\(AccessDenied\w*\) when calling the (?P<action>\w+) operation.*"),
    # Credentials of the engine
    rule(
        "RUN_AWS_CREDENTIALS",
        r"^.*(?:NoCredentialsError|Unable to locate credentials|Unable to load (?:AWS )?credentials|ExpiredToken"
        r"|UnrecognizedClientException|InvalidClientTokenId|token included in the request is (?:invalid|expired)).*",
    ),
    # The way there; what the database's driver says of its own way is its own.
    rule(
        "RUN_AWS_UNREACHABLE",
        r"^.*(?:EndpointConnectionError|ConnectTimeoutError|ReadTimeoutError): .*"
        r"|^.*Unable to execute HTTP request: .*(?:timed out|refused|not known|unreachable|\.amazonaws\.com).*"
        r"|^.*UnknownHostException: \S*\.amazonaws\.com.*",
        when=lambda symptoms: not _is_database(symptoms),
    ),
)
