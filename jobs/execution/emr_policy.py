"""The rights of one job on EMR Serverless: a policy that takes from the role it runs as all that it does not need.

AWS allows 2 048 characters. Where the exact policy is longer it is widened, one notch at a time and in the order of
`_STEPS`: what tells least about the data first, the secrets last. `docs/decisions` has the reasons.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from connections.errors import PortalError
from jobs.execution.base import Submission
from jobs.execution.emr_settings import EmrSettings

LIMIT = 2048
_GLUE_READS = ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")
# Spark asks whether these databases exist before it reads any table.
_SPARKS_OWN = ("default", "global_temp")
# In a policy these characters stand for others; a key may hold them as themselves.
_LITERAL = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})
_SUFFIX_LENGTH = 7


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """`text` is the policy; `widened` says in words what is wider than the job needs, if anything."""

    text: str
    widened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a job may reach besides its own places. `inputs` are (bucket, pattern of keys); `tables` DATABASE/TABLE."""

    secrets: frozenset[str]
    inputs: frozenset[tuple[str, str]]
    tables: frozenset[str]
    lists_as_one: bool = False


def session_policy(job: Submission, here: EmrSettings) -> SessionPolicy:
    """The narrowest policy that AWS takes. Raises EMR_REFUSED when the job's own places alone are too long."""
    scope = _exact(job)
    rungs: dict[str, list[_Rung]] = {field.name: [(getattr(scope, field.name), ())] for field in fields(_Scope)}
    for field_name, words, widen in _STEPS:
        while not _fits(job, here, scope) and (wider := widen(scope, here)) != scope:
            scope, ladder = wider, rungs[field_name]
            ladder.append((getattr(scope, field_name), (*ladder[-1][1], words)))
    if not _fits(job, here, scope):
        raise PortalError("EMR_REFUSED")
    return _tightened(job, here, scope, rungs)


def _tightened(job: Submission, here: EmrSettings, scope: _Scope, rungs: dict[str, list[_Rung]]) -> SessionPolicy:
    """Each part as narrow as fits beside the others; a step that brought nothing is taken back."""
    widened: list[str] = []
    for field_name in _TIGHTENED_FIRST:
        for value, words in rungs[field_name]:
            narrower = replace(scope, **{field_name: value})
            if _fits(job, here, narrower):
                scope, widened = narrower, [*words, *widened]
                break
    return SessionPolicy(_render(job, here, scope), tuple(dict.fromkeys(widened)))


def _fits(job: Submission, here: EmrSettings, scope: _Scope) -> bool:
    return len(_render(job, here, scope)) <= LIMIT


def _exact(job: Submission) -> _Scope:
    return _Scope(
        secrets=frozenset(map(_secret, job.access.secret_arns)),
        inputs=_without_covered(map(_input, job.access.inputs)),
        tables=frozenset(table.replace(".", "/", 1) for table in job.access.glue_tables),
    )


def _secret(arn: str) -> str:
    """AWS ends the name of a secret with a dash and six characters, which people may leave out."""
    return arn if arn[-_SUFFIX_LENGTH] == "-" else f"{arn}-??????"


def _input(uri: str) -> tuple[str, str]:
    bucket, key = _split(uri)
    return bucket, f"{key}*" if not key or uri.endswith("/") else key


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key.translate(_LITERAL)


# Widening, a notch at a time.


def _objects_to_folder(scope: _Scope, here: EmrSettings) -> _Scope:
    """The folder with the most objects gets in whole."""
    folders = Counter((bucket, _folder(key)) for bucket, key in scope.inputs if not key.endswith("*"))
    return _widest_group(scope, folders)


def _widest_group(scope: _Scope, folders: Counter[tuple[str, str]]) -> _Scope:
    if not folders or folders.most_common(1)[0][1] < 2:
        return scope
    (bucket, folder), _ = folders.most_common(1)[0]
    return replace(scope, inputs=_without_covered([*scope.inputs, (bucket, f"{folder}*")]))


def _tables_to_database(scope: _Scope, here: EmrSettings) -> _Scope:
    databases = Counter(table.split("/")[0] for table in scope.tables if not table.endswith("/*"))
    if not databases or databases.most_common(1)[0][1] < 2:
        return scope
    widest = databases.most_common(1)[0][0]
    others = {table for table in scope.tables if table.split("/")[0] != widest}
    return replace(scope, tables=frozenset({*others, f"{widest}/*"}))


def _tables_to_catalog(scope: _Scope, here: EmrSettings) -> _Scope:
    return replace(scope, tables=frozenset({"*/*"})) if scope.tables else scope


def _lists_to_one(scope: _Scope, here: EmrSettings) -> _Scope:
    return replace(scope, lists_as_one=True)


def _folders_to_parent(scope: _Scope, here: EmrSettings) -> _Scope:
    """The deepest of all places is cut by one level, down to whole buckets."""
    deep = [(pattern.count("/"), bucket, pattern) for bucket, pattern in scope.inputs if pattern != "*"]
    if not deep:
        return scope
    _, bucket, pattern = max(deep)
    parent = _folder(pattern.removesuffix("*").removesuffix("/"))
    return replace(scope, inputs=_without_covered([*scope.inputs, (bucket, f"{parent}*")]))


def _secrets_to_prefix(scope: _Scope, here: EmrSettings) -> _Scope:
    places = {arn.split(":secret:")[0] for arn in scope.secrets}
    return replace(scope, secrets=frozenset(f"{place}:secret:{here.secrets_prefix}*" for place in places))


def _buckets_to_role(scope: _Scope, here: EmrSettings) -> _Scope:
    return replace(scope, inputs=frozenset({("*", "*")})) if scope.inputs else scope


# The part that is widened, how it is told, and one notch of it.
_STEPS: tuple[tuple[str, str, Callable[[_Scope, EmrSettings], _Scope]], ...] = (
    ("lists_as_one", "names may be listed alike in all buckets that are read", _lists_to_one),
    ("inputs", "single objects became their folder", _objects_to_folder),
    ("tables", "single Glue tables became their database", _tables_to_database),
    ("tables", "Glue databases became the whole catalogue's definitions", _tables_to_catalog),
    ("inputs", "folders became the folder above them", _folders_to_parent),
    ("inputs", "buckets became all that the role may read", _buckets_to_role),
    ("secrets", "single secrets became all secrets of the portal", _secrets_to_prefix),
)
_TIGHTENED_FIRST = ("secrets", "inputs", "tables", "lists_as_one")
# A value of a part on its way from narrow to wide, with the words for how it got there.
_Rung = tuple[Any, tuple[str, ...]]


def _folder(key: str) -> str:
    """The folder of a key with its slash; empty at the top."""
    return key[: key.rfind("/") + 1]


def _without_covered(places: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Those that no other one holds."""
    places = frozenset(places)
    prefixes = [(bucket, pattern[:-1]) for bucket, pattern in places if pattern.endswith("*")]

    def is_covered(bucket: str, pattern: str) -> bool:
        return any(
            bucket == other and pattern.startswith(prefix) and pattern != f"{prefix}*" for other, prefix in prefixes
        )

    return frozenset(place for place in places if not is_covered(*place))


# The policy's text.


def _render(job: Submission, here: EmrSettings, scope: _Scope) -> str:
    statements = [
        *_of_secrets(scope, here),
        *_of_objects(job, here, scope),
        *_of_lists(job, here, scope),
        *_of_glue(scope, here),
        *_of_keys(here),
        *_of_cloudwatch(here),
    ]
    if job.access.uses_iam_login:
        user = f"arn:{here.partition}:rds-db:{here.region}:{here.account}:dbuser:*/*"
        statements.append(_allow("rds-db:connect", user))
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _allow(action: str | list[str], resource: str | Iterable[str], **more: Any) -> dict[str, Any]:
    resources = [resource] if isinstance(resource, str) else resource
    return {"Effect": "Allow", "Action": action, "Resource": _short(resources), **more}


def _short(values: Iterable[str]) -> str | list[str]:
    """A list of one may be written as that one."""
    told = sorted(set(values))
    return told[0] if len(told) == 1 else told


def _of_secrets(scope: _Scope, here: EmrSettings) -> list[dict[str, Any]]:
    return [_allow("secretsmanager:GetSecretValue", scope.secrets)] if scope.secrets else []


def _of_objects(job: Submission, here: EmrSettings, scope: _Scope) -> list[dict[str, Any]]:
    def arns(places: Iterable[tuple[str, str]]) -> list[str]:
        return [f"arn:{here.partition}:s3:::{bucket}/{pattern}" for bucket, pattern in places]

    written = [_output(job), _split(job.manifest_uri)]
    own = _without_covered([_run_folder(job), _split(job.script_uri), *written])
    driver = [_split(here.driver_uri)] if job.access.uses_database else []
    return [
        _allow("s3:GetObject", arns([*scope.inputs, *own, *driver])),
        _allow(["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], arns(written)),
        # The service writes the logs with the job's own rights.
        _allow("s3:PutObject", arns([_input(job.log_uri)])),
    ]


def _run_folder(job: Submission) -> tuple[str, str]:
    """What holds the run's script, output and manifest, and nothing of another run."""
    bucket, output = _output(job)
    return bucket, f"{_folder(output)}*"


def _output(job: Submission) -> tuple[str, str]:
    """Also what a file system keeps beside a folder to mark it, such as `output_$folder$`."""
    bucket, key = _split(job.output_uri)
    return bucket, f"{key.removesuffix('/')}*"


def _of_lists(job: Submission, here: EmrSettings, scope: _Scope) -> list[dict[str, Any]]:
    """Listing, and being told that an object is not there, which writers ask for first.

    S3 answers that question only to those who may list, and it names no prefix: hence "if exists".
    """
    bucket, own = _run_folder(job)
    patterns: dict[str, set[str]] = {bucket: {own}}
    for name, pattern in scope.inputs:
        patterns.setdefault(name, set()).add(pattern if pattern.endswith("*") else f"{pattern}*")
    if scope.lists_as_one:
        return [_list([_bucket(here, name) for name in patterns], set().union(*patterns.values()))]
    return [_list([_bucket(here, name)], prefixes) for name, prefixes in sorted(patterns.items())]


def _bucket(here: EmrSettings, name: str) -> str:
    return f"arn:{here.partition}:s3:::{name}"


def _list(buckets: list[str], prefixes: set[str]) -> dict[str, Any]:
    if "*" in prefixes:
        return _allow("s3:ListBucket", buckets)
    return _allow("s3:ListBucket", buckets, Condition={"StringLikeIfExists": {"s3:prefix": _short(prefixes)}})


def _of_glue(scope: _Scope, here: EmrSettings) -> list[dict[str, Any]]:
    if not scope.tables:
        return []
    place = f"arn:{here.partition}:glue:{here.region}:{here.account}:"
    databases = {table.split("/")[0] for table in scope.tables} | set(_SPARKS_OWN)
    databases = {"*"} if "*" in databases else databases
    resources = [f"{place}catalog", *(f"{place}database/{name}" for name in databases)]
    resources += [f"{place}table/{table}" for table in scope.tables]
    return [_allow([f"glue:{action}" for action in _GLUE_READS], resources)]


def _of_keys(here: EmrSettings) -> list[dict[str, Any]]:
    return [_allow(["kms:Decrypt", "kms:GenerateDataKey"], here.kms_key_arns)] if here.kms_key_arns else []


def _of_cloudwatch(here: EmrSettings) -> list[dict[str, Any]]:
    if not here.log_group:
        return []
    place = f"arn:{here.partition}:logs:{here.region}:{here.account}:log-group"
    return [
        _allow("logs:DescribeLogGroups", f"{place}:*"),
        _allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], f"{place}:{here.log_group}:*"),
    ]
