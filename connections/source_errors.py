"""The catalogue's part about the Glue Catalog, S3 and people's files."""

from __future__ import annotations

from connections.error_kinds import ErrorKind

SOURCES: dict[str, ErrorKind] = {
    # The Glue Catalog
    "GLUE_DISABLED": ErrorKind(
        "The Glue Catalog is not switched on in this portal.",
        "Whoever runs the portal can switch it on with PGSPARK_GLUE_ENABLED.",
        status=403,
    ),
    "GLUE_NOT_ALLOWED": ErrorKind(
        "You may not use the Glue Catalog.",
        "Ask an administrator to add you to one of the groups that may (PGSPARK_GLUE_GROUPS).",
        status=403,
    ),
    "GLUE_ACCESS_DENIED": ErrorKind(
        "AWS does not let the portal read {what} from Glue.",
        "Allow {action} on the catalogue, the database and its tables to the portal's IAM role.",
        status=502,
    ),
    "GLUE_LAKE_FORMATION": ErrorKind(
        "Lake Formation does not let the portal see {what}.",
        "Grant DESCRIBE and SELECT on it in Lake Formation to the portal's IAM role, and to the role that runs jobs.",
        status=502,
    ),
    "GLUE_DATABASE_NOT_FOUND": ErrorKind(
        "The Glue database {database} does not exist, or this portal does not show it.",
        "It may have been dropped or renamed. Choose another database.",
        status=404,
    ),
    "GLUE_TABLE_UNUSABLE": ErrorKind(
        "The table {table} cannot be picked.",
        "{reason}",
        status=409,
    ),
    "GLUE_BUSY": ErrorKind(
        "Glue is answering too many requests of this account.",
        "Try again in a minute. If it stays, ask AWS for a higher request rate of the Data Catalog.",
        retryable=True,
        status=503,
    ),
    # S3
    "S3_ACCESS_DENIED": ErrorKind(
        "AWS does not let the portal read the bucket {bucket}.",
        "Allow s3:ListBucket on the bucket and s3:GetObject on its objects to the portal's IAM role.",
        status=502,
    ),
    "S3_PLACE_NOT_ALLOWED": ErrorKind(
        "{uri} is not among the places that this portal reads.",
        "Pick below one of the places in the list. Whoever runs the portal can add one with PGSPARK_S3_SOURCES.",
        status=403,
    ),
    "S3_PLACE_EMPTY": ErrorKind(
        "{uri} holds no file to read.",
        "It may have been emptied or moved. Choose another place.",
        status=404,
    ),
    "S3_PLACE_TOO_LARGE": ErrorKind(
        "{uri} holds more than {limit} files.",
        "Pick a folder further down, or define a table for it in the Glue Catalog.",
        status=409,
    ),
    "S3_BUSY": ErrorKind(
        "S3 is answering too many requests of this bucket.", "Try again in a moment.", retryable=True, status=503
    ),
    # Uploads
    "UPLOAD_MISSING": ErrorKind("No file came with the form.", "Choose a file, then send it."),
    "UPLOAD_TOO_LARGE": ErrorKind(
        "The file is larger than {limit} MB.",
        "Put it into S3 and pick it there, or leave out what the question does not need.",
        status=413,
    ),
    "UPLOAD_BROKEN_OFF": ErrorKind(
        "The upload broke off before the end of the file; nothing of it was kept.",
        "Check the network and send it again.",
        retryable=True,
    ),
    # Files
    "FILE_EMPTY": ErrorKind("{name} is empty.", "Export it again and look whether it holds rows."),
    "FILE_ONLY_HEADER": ErrorKind(
        "{name} has a header and no rows.",
        "Export it with its rows. If its only line is data, say that it has no header.",
    ),
    "FILE_NOT_TEXT": ErrorKind("{name} is {what} and not a CSV file.", "{remedy}"),
    "FILE_NUL_BYTES": ErrorKind(
        "{name} holds a NUL byte, the first at byte {position}: it is no text, or damaged.",
        "Export it again as CSV in UTF-8.",
    ),
    "FILE_LINE_TOO_LONG": ErrorKind(
        "Line {line} of {name} is longer than {limit} MB.",
        "Look whether the file has line ends at all, and whether a quotation mark is left open.",
    ),
    "FILE_ENCODING_WRONG": ErrorKind(
        "{name} is not encoded in {encoding}.", "Choose another encoding, or export it in UTF-8."
    ),
    "FILE_TOO_MANY_COLUMNS": ErrorKind(
        "{name} has {count} columns; at most {limit} can be read.", "Check the delimiter, or leave out columns."
    ),
    "FILE_UNREADABLE": ErrorKind(
        "{name} cannot be read as {format}.", "Choose what fits under “How it is read”, or write the file again."
    ),
    "FILE_GONE": ErrorKind(
        "{name} was deleted after it was picked.",
        "Remove it from the selection, or put the file there again and pick it anew.",
        status=409,
    ),
    "FILE_OPTION_INVALID": ErrorKind("{what} cannot be set to “{value}”.", "Choose one of those that the form offers."),
    # Reading them
    "RUN_FILE_MISSING": ErrorKind(
        "The file {uri} did not exist when the job read it.",
        "It was deleted or moved after it was picked. Remove it from the selection, or put it there again.",
    ),
    "UPLOAD_NOT_YOURS": ErrorKind(
        "The uploaded file {name} is not there for you.",
        "It belongs to somebody else or has expired. Upload it yourself and pick it in its place.",
        status=403,
    ),
    "READ_OPTION_INVALID": ErrorKind(
        "It cannot be read that way: {problem}.",
        "{remedy}",
    ),
}
