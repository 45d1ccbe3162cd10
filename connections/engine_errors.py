"""The catalogue's part about engines of AWS: what they refuse, in words; the advice follows section 8.3 and 16.5."""

from __future__ import annotations

from connections.error_kinds import ErrorKind

ENGINES: dict[str, ErrorKind] = {
    "EMR_ACCESS_DENIED": ErrorKind(
        "AWS does not let the portal use EMR Serverless.",
        "Allow {action} on the application to the portal's IAM role; to start jobs also iam:PassRole on the role that "
        "jobs run as (PGSPARK_EXECUTION_ROLE_ARN).",
        status=502,
    ),
    "EMR_NOT_FOUND": ErrorKind(
        "EMR Serverless does not know the application {application}.",
        "Check PGSPARK_EMR_APPLICATION_ID and PGSPARK_EMR_POSTGRES_APPLICATION_ID, the region (AWS_REGION), and that "
        "the application was not deleted.",
        status=502,
    ),
    "EMR_REFUSED": ErrorKind(
        "EMR Serverless refused the request as it is.",
        "The portal's log has its words. Check the size of the run against the application's largest capacity, the "
        "role (PGSPARK_EXECUTION_ROLE_ARN) and the driver's address (PGSPARK_JDBC_DRIVER_URI).",
        status=502,
    ),
    "EMR_TOKEN_TAKEN": ErrorKind(
        "EMR Serverless already has another job for this run, so nothing more was started.",
        "The portal's settings changed while the run was being handed over; the job that had been started was asked "
        "to stop. Run it again: a new run has a token of its own.",
        status=409,
    ),
    "EMR_QUOTA": ErrorKind(
        "EMR Serverless has no room for this: a limit of the AWS account is reached.",
        "Choose a smaller size, wait for other runs to end, or ask AWS for more vCPUs (Service Quotas, EMR Serverless, "
        "Max concurrent vCPUs per account).",
        status=503,
    ),
    "EMR_BUSY": ErrorKind(
        "EMR Serverless is answering too many requests of this account.",
        "It is asked again by itself; nothing is lost.",
        retryable=True,
        status=503,
    ),
    "LAMBDA_ACCESS_DENIED": ErrorKind(
        "AWS does not let the portal invoke the function {function}.",
        "Allow lambda:InvokeFunction on it to the portal's IAM role.",
        status=502,
    ),
    "LAMBDA_NOT_FOUND": ErrorKind(
        "Lambda does not know the function {function}.",
        "Check PGSPARK_LAMBDA_FUNCTION, the region (AWS_REGION), and that the function was not deleted.",
        status=502,
    ),
    "LAMBDA_REFUSED": ErrorKind(
        "Lambda refused the event as it is.",
        "The portal's log has its words. Check that the function is active, and that it speaks the contract of "
        "PGSPARK_LAMBDA_CONTRACT.",
        status=502,
    ),
    "LAMBDA_BUSY": ErrorKind(
        "Lambda takes no more events of this account or function now.",
        "It is asked again by itself; nothing is lost.",
        retryable=True,
        status=503,
    ),
    "SPARK_UI_UNAVAILABLE": ErrorKind(
        "The Spark UI of this run cannot be opened now.",
        "It opens once the job runs, and stays for 30 days after its end. Try again in a minute.",
        status=409,
    ),
    "WARM_UP_LIMIT": ErrorKind(
        "The portal has started this application {count} times today, which is the most that is allowed.",
        "It starts by itself with the next run. The limit protects the bill (PGSPARK_EMR_PRESTARTS_PER_DAY).",
        status=409,
    ),
    "PROFILE_UNKNOWN": ErrorKind(
        "There is no size “{profile}” to choose.",
        "Choose another size; an administrator may have renamed it or switched it off.",
    ),
}
