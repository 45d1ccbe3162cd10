"""Every error code of the portal with its words: what happened, and what to do about it.

Pages, commands, the API and the troubleshooting document all speak from this list.
The advice follows sections 4.2, 8.3 and 16.5 of the specification.
"""

from __future__ import annotations

from connections.api_errors import API
from connections.engine_errors import ENGINES
from connections.error_kinds import ErrorKind
from connections.failure_errors import FAILURES
from connections.model_errors import MODELS
from connections.reaching_errors import REACHING
from connections.source_errors import SOURCES

CATALOGUE: dict[str, ErrorKind] = (
    REACHING
    | SOURCES
    | API
    | MODELS
    | ENGINES
    | FAILURES
    | {
        # Picking
        "CONNECTION_DISABLED": ErrorKind(
            "The connection {connection} is disabled.",
            "An administrator can enable it again on the connections page.",
            status=409,
        ),
        "CONNECTION_NOT_ALLOWED": ErrorKind(
            "You may not use the connection of {table}.",
            "Ask an administrator to add one of your groups to it, or remove the table from the selection.",
            status=403,
        ),
        "SCHEMA_NOT_FOUND": ErrorKind(
            "The schema {schema} does not exist in {database}.",
            "It may have been dropped or renamed. Choose another schema.",
            status=404,
        ),
        "TABLE_NOT_FOUND": ErrorKind(
            "The table {table} does not exist, or its user may not see it.",
            "It may have been dropped or renamed: refresh the list and pick it again.",
            status=404,
        ),
        "TOO_MANY_SOURCES": ErrorKind(
            "A session holds at most {limit} tables.",
            "Remove tables that this question does not need.",
        ),
        "NOTE_TOO_LONG": ErrorKind(
            "A note about a table holds at most {limit} characters.",
            "Shorten it: say what somebody has to know before using the table.",
        ),
        "ALIAS_INVALID": ErrorKind(
            "“{alias}” cannot be the name of a table in the code.",
            "Use letters, digits and underscores, start with a letter, and avoid Python's own words.",
        ),
        "ALIAS_TAKEN": ErrorKind(
            "Another table of this session is already called {alias}.",
            "Choose a different name.",
            status=409,
        ),
        # Asking
        "NO_SOURCES": ErrorKind(
            "No table is picked yet.",
            "Pick at least one table on the left; the question is kept.",
        ),
        "PROMPT_EMPTY": ErrorKind("The question is empty.", "Say in words what you want to know."),
        "PROMPT_TOO_LONG": ErrorKind(
            "The question has {length} characters; at most {limit} are allowed.",
            "Shorten it: the question is for words, not for data. What you wrote is kept.",
        ),
        "CODE_TOO_LONG": ErrorKind(
            "The code has {length} bytes; at most {limit} are allowed.",
            "Shorten it; what you wrote is kept in the editor.",
        ),
        "GENERATOR_UNAVAILABLE": ErrorKind(
            "The generator “{generator}” is not available.",
            "Choose one of: {offered}.",
        ),
        "CLARIFICATION_NEEDED": ErrorKind(
            "{question}", "Answer by changing the question, then generate again.", status=409
        ),
        "CODE_NOT_READY": ErrorKind(
            "This version of the code cannot run yet.",
            "Wait until it is checked, or fix its blocking findings.",
            status=409,
        ),
        "CODE_BLOCKED": ErrorKind(
            "The code has {count} blocking finding(s).",
            "Fix what the list under the editor names, then run again.",
            status=409,
        ),
        # Running
        "TARGET_UNAVAILABLE": ErrorKind(
            "The engine {target} cannot run this: {reason}.", "Choose another engine.", status=409
        ),
        "RUN_FINISHED": ErrorKind("The run has already ended.", "Nothing was changed.", status=409),
        "JAVA_MISSING": ErrorKind(
            "Spark's Java was not found.",
            "Install Java 17 (Debian: apt-get install openjdk-17-jre-headless) or set PGSPARK_JAVA_HOME.",
        ),
        "JDBC_DRIVER_MISSING": ErrorKind(
            "The PostgreSQL JDBC driver was not found.",
            "Verify the address of the jar in S3 (PGSPARK_JDBC_DRIVER_URI) and that the role that runs jobs may read "
            "it; for local Spark set PGSPARK_JDBC_DRIVER_PATH (42.7.11 or newer).",
        ),
        "LOCAL_NOT_CONFINED": ErrorKind(
            "This machine cannot confine a run on local Spark, so none is started.",
            "Install bubblewrap (Debian: apt-get install bubblewrap) or allow user namespaces. Where all who write "
            "code are trusted, PGSPARK_LOCAL_UNCONFINED=1 runs it unconfined.",
        ),
        "STORE_NOT_WRITABLE": ErrorKind(
            "The result store cannot be written.",
            "Check that the folder or bucket exists, has space and that the portal may write there.",
            retryable=True,
            status=502,
        ),
        "STORE_OBJECT_MISSING": ErrorKind(
            "The file is no longer in the result store.",
            "It may have expired or been deleted. Run the job again.",
            status=404,
        ),
        "RESULT_EXPIRED": ErrorKind(
            "The result was deleted on {date}, when its days were over.",
            "The code is kept: run it again to have the rows anew.",
            status=410,
        ),
        "RUN_TIMEOUT": ErrorKind(
            "The run was stopped after its time limit of {minutes} min.",
            "Narrow the question, filter earlier, or choose a longer limit.",
        ),
        "ENGINE_LOST": ErrorKind(
            "The engine's process ended without leaving a result.",
            "The machine may have restarted or run out of memory. Run it again.",
            retryable=True,
        ),
        "ENGINE_SILENT": ErrorKind(
            "{engine} did not say in time how the job ended.",
            "The job may still be there: look for the run's number at the engine, and stop it there if it runs.",
            retryable=True,
        ),
        "ENGINE_START_FAILED": ErrorKind(
            "The engine could not start the job.",
            "The log tab has the engine's own words. Check the engine's settings, then run again.",
            retryable=True,
        ),
        "OUT_OF_MEMORY": ErrorKind(
            "Spark ran out of memory.",
            "Increase the memory by a larger size (on local Spark PGSPARK_LOCAL_DRIVER_MEMORY), reduce the fetch size, "
            "or filter and aggregate earlier.",
        ),
        "RESULT_MISSING": ErrorKind(
            "The job ended without a result.",
            "It wrote no manifest. The log tab has the job's own words.",
        ),
        "TRANSFORM_RETURNED_NOTHING": ErrorKind(
            "transform returned {returned}, not a DataFrame.",
            "End transform with `return` and the DataFrame that is the result.",
        ),
        "TRANSFORM_FAILED": ErrorKind(
            "The code stopped with an error: {error}", "Look at the marked line, fix it and run again."
        ),
        "COLUMN_NOT_FOUND": ErrorKind(
            "The code names a column that does not exist: {column}.",
            "Compare the name with the columns of the picked tables; the table may have changed since it was picked.",
        ),
        "RUN_AUTHENTICATION_FAILED": ErrorKind(
            "The database refused the user name or password when the job read from it.",
            "Verify the secret of the connection; if it was rotated a moment ago, run again.",
        ),
        "RUN_TABLE_MISSING": ErrorKind(
            "The table {name} did not exist when the job read it.",
            "It was dropped or renamed after it was picked: remove it, refresh the list and pick it again.",
        ),
        "RUN_DATABASE_MISSING": ErrorKind(
            "The database {name} did not exist when the job read it.",
            "It was dropped or renamed after the table was picked. Choose another database.",
        ),
        "RUN_PERMISSION_DENIED": ErrorKind(
            "The database user may not read {name}.",
            "Ask the owner of the database for USAGE on the schema and SELECT on the table.",
        ),
        "RUN_DATABASE_UNREACHABLE": ErrorKind(
            "The job could not reach the database.",
            "Check the security group (port 5432 from the engine), the VPC routing and that the cluster is running.",
            retryable=True,
        ),
        "RUN_SECRET_MISSING": ErrorKind(
            "The secret of the connection did not exist when the job asked for it.",
            "Check the secret ARN of the connection and that the secret was not deleted.",
        ),
        "RUN_AWS_UNREACHABLE": ErrorKind(
            "The job could not reach AWS.",
            "Check the engine's route to Secrets Manager and S3 (NAT gateway or VPC endpoints).",
            retryable=True,
        ),
        "SPARK_FAILED": ErrorKind(
            "Spark stopped with an error.", "The log tab has Spark's own words; the first ERROR line matters most."
        ),
        "CANCELLED_BEFORE_START": ErrorKind("The run was cancelled before it started.", "Nothing ran."),
        # Reading a result
        "RESULT_NOT_READY": ErrorKind(
            "This run has no result yet.",
            "The result opens when the run has succeeded; the run's page says where it is.",
            status=409,
        ),
        "RESULT_UNREADABLE": ErrorKind(
            "The files of this result cannot be read.",
            "They may be damaged or were changed after the run. Run the job again.",
            status=502,
        ),
        "RESULT_TOO_SLOW": ErrorKind(
            "This result is too large to sort or search here.",
            "Look at it in its own order, download it, or let the job sort and filter.",
            retryable=True,
            status=503,
        ),
        # Everything else
        "NOT_FOUND": ErrorKind("There is nothing here, or it is not yours.", "Check the address.", status=404),
        "READ_ONLY": ErrorKind(
            "This session belongs to {owner}; you may look but not change it.", "Start your own session.", status=403
        ),
        "INTERNAL": ErrorKind(
            "Something went wrong on our side.",
            "Try again. If it stays, give the request id to whoever looks after the portal.",
            retryable=True,
            status=500,
        ),
    }
)
