"""The rights of a job: exactly what it needs, never more than AWS takes, and widened only where that is too long."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from connections.errors import PortalError
from jobs.execution import emr_policy
from jobs.execution.base import Access, Submission
from jobs.execution.emr_policy import LIMIT, session_policy
from jobs.execution.emr_settings import EmrSettings
from tests.aws_shapes import problems_of_request
from tests.emr import DRIVER, ROLE, STANDARD
from tests.jobs.execution.submissions import SECRET, submission

RUN = "7d8a4d5e-3f0b-4c0e-9a54-6f2b1c7e9a10"
HERE = EmrSettings(role_arn=ROLE, region="us-east-1", driver_uri=DRIVER, secrets_prefix="spark/postgres/")
FILE = "s3://landing/visits/2026/november.csv"


def job(**facts: Any) -> Submission:
    return submission(Access(**facts), run=RUN)


def statements(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)["Statement"])


def allows(text: str, action: str, resource: str, prefix: str | None = None) -> bool:
    """As IAM decides, for what these policies use of its language."""
    return any(
        fnmatchcase(action, allowed_action) and fnmatchcase(_literal(resource), _pattern(allowed))
        for statement in statements(text)
        if _condition_holds(statement, prefix)
        for allowed_action in _many(statement["Action"])
        for allowed in _many(statement["Resource"])
    )


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _condition_holds(statement: dict[str, Any], prefix: str | None) -> bool:
    told = statement.get("Condition", {}).get("StringLikeIfExists", {}).get("s3:prefix")
    return told is None or prefix is None or any(fnmatchcase(_literal(prefix), _pattern(one)) for one in _many(told))


def _literal(text: str) -> str:
    return text.translate(str.maketrans({"*": "\1", "?": "\2", "$": "\3"}))


def _pattern(text: str) -> str:
    for written, meant in (("${*}", "\1"), ("${?}", "\2"), ("${$}", "\3")):
        text = text.replace(written, meant)
    return text.replace("$folder$", "\3folder\3").replace("[", "[[]")


def test_one_table_of_postgresql_golden() -> None:
    policy = session_policy(job(secret_arns=(SECRET,), uses_database=True), HERE)
    run = f"arn:aws:s3:::pgspark-test/runs/{RUN}"

    assert policy.widened == ()
    assert statements(policy.text) == [
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": SECRET},
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::pgspark-test/jars/postgresql-42.7.13.jar", f"{run}/*"],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": [f"{run}/manifest.json", f"{run}/output*"],
        },
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{run}/logs/*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::pgspark-test",
            "Condition": {"StringLikeIfExists": {"s3:prefix": f"runs/{RUN}/*"}},
        },
    ]


def test_glue_and_a_file_golden() -> None:
    places = ("s3://lake/analytics/web_events/", FILE)
    policy = session_policy(job(inputs=places, glue_tables=("analytics.web_events",)), HERE)
    glue = "arn:aws:glue:us-east-1:123456789012:"

    by_action = {str(one["Action"]): one for one in statements(policy.text) if one["Action"] != "s3:ListBucket"}
    assert "secretsmanager:GetSecretValue" not in policy.text
    assert "jars/" not in policy.text
    assert by_action["s3:GetObject"]["Resource"][:2] == [
        "arn:aws:s3:::lake/analytics/web_events/*",
        "arn:aws:s3:::landing/visits/2026/november.csv",
    ]
    assert statements(policy.text)[-1]["Resource"] == [
        f"{glue}catalog",
        f"{glue}database/analytics",
        f"{glue}database/default",
        f"{glue}database/global_temp",
        f"{glue}table/analytics/web_events",
    ]
    assert all(action.startswith(("glue:Get", "glue:BatchGet")) for action in statements(policy.text)[-1]["Action"])


@pytest.fixture(params=["one", "five", "thirty", "thirty_secrets", "thirty_buckets", "all_kinds"])
def sources(request: pytest.FixtureRequest) -> Access:
    return SELECTIONS[str(request.param)]


def _secrets(count: int) -> tuple[str, ...]:
    return tuple(SECRET.replace("aurora-prod", f"aurora-prod-{number:02}") for number in range(count))


def _objects(count: int) -> tuple[str, ...]:
    return tuple(f"s3://landing-zone-of-the-team/visits/2026/month-{number:02}/part.csv" for number in range(count))


def _tables(count: int) -> tuple[str, ...]:
    return tuple(f"analytics_{number % 7}.web_events_{number}" for number in range(count))


def _locations(count: int) -> tuple[str, ...]:
    return tuple(f"s3://analytics-lake-{number:02}/tables/web_events/" for number in range(count))


SELECTIONS = {
    "one": Access(secret_arns=_secrets(1), uses_database=True),
    "five": Access(
        secret_arns=_secrets(2), inputs=(*_objects(2), *_locations(1)), glue_tables=_tables(1), uses_database=True
    ),
    "thirty": Access(inputs=_objects(30)),
    "thirty_secrets": Access(secret_arns=_secrets(30), uses_database=True),
    "thirty_buckets": Access(inputs=_locations(30), glue_tables=_tables(30)),
    "all_kinds": Access(
        secret_arns=_secrets(6),
        inputs=(*_objects(10), *_locations(10)),
        glue_tables=_tables(10),
        uses_database=True,
        uses_iam_login=True,
    ),
}


def test_every_selection_fits_and_holds_all_that_the_job_needs(sources: Access) -> None:
    wanted = submission(sources, run=RUN)
    text = session_policy(wanted, HERE).text
    request = {
        "applicationId": STANDARD,
        "clientToken": "t",
        "executionRoleArn": ROLE,
        "executionIamPolicy": {"policy": text},
    }

    assert len(text) <= LIMIT
    assert problems_of_request("emr-serverless", "StartJobRun", request) == []
    for secret in sources.secret_arns:
        assert allows(text, "secretsmanager:GetSecretValue", secret)
    for uri in sources.inputs:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        read = f"{key}part.parquet" if uri.endswith("/") else key
        assert allows(text, "s3:GetObject", f"arn:aws:s3:::{bucket}/{read}")
        assert allows(text, "s3:ListBucket", f"arn:aws:s3:::{bucket}", prefix=key)
    for table in sources.glue_tables:
        place = f"arn:aws:glue:us-east-1:123456789012:table/{table.replace('.', '/')}"
        assert allows(text, "glue:GetPartitions", place)
    for key in ("script.py", "output/part-0.parquet", "manifest.json"):
        assert allows(text, "s3:GetObject", f"arn:aws:s3:::pgspark-test/runs/{RUN}/{key}")
    assert allows(text, "s3:PutObject", f"arn:aws:s3:::pgspark-test/runs/{RUN}/output_$folder$")
    assert allows(text, "s3:PutObject", f"arn:aws:s3:::pgspark-test/runs/{RUN}/logs/applications/a/jobs/b")


def test_no_selection_lets_a_job_do_more_than_read_its_inputs(sources: Access) -> None:
    text = session_policy(submission(sources, run=RUN), HERE).text
    other = RUN.replace("7d8a", "0000")

    for statement in statements(text):
        assert "NotAction" not in statement and "NotResource" not in statement
        assert all("*" not in action for action in _many(statement["Action"]))
    for action in ("s3:PutObject", "s3:DeleteObject"):
        assert not allows(text, action, f"arn:aws:s3:::pgspark-test/runs/{RUN}/script.py")
        assert not allows(text, action, f"arn:aws:s3:::pgspark-test/runs/{other}/output/x")
        assert not allows(text, action, "arn:aws:s3:::landing/visits/2026/november.csv")
        assert not allows(text, action, "arn:aws:s3:::pgspark-test/jars/postgresql-42.7.13.jar")
    assert not allows(text, "s3:DeleteObject", f"arn:aws:s3:::pgspark-test/runs/{RUN}/logs/x")
    for action in ("iam:PassRole", "sts:AssumeRole", "lambda:InvokeFunction", "glue:UpdateTable", "s3:PutBucketPolicy"):
        assert not allows(text, action, "arn:aws:s3:::pgspark-test")


@pytest.mark.parametrize("name", ["one", "five", "thirty"])
def test_other_runs_secrets_and_buckets_stay_closed(name: str) -> None:
    text = session_policy(submission(SELECTIONS[name], run=RUN), HERE).text
    other = RUN.replace("7d8a", "0000")

    assert not allows(text, "secretsmanager:GetSecretValue", SECRET.replace("aurora-prod", "payroll"))
    assert not allows(text, "s3:GetObject", f"arn:aws:s3:::pgspark-test/runs/{other}/output/part-0.parquet")
    assert not allows(text, "s3:GetObject", "arn:aws:s3:::payroll/2026.csv")
    assert not allows(text, "s3:ListBucket", "arn:aws:s3:::pgspark-test", prefix="runs/")
    assert not allows(text, "s3:ListBucket", "arn:aws:s3:::payroll", prefix="")


def test_up_to_five_sources_nothing_is_widened() -> None:
    assert [session_policy(submission(SELECTIONS[name], run=RUN), HERE).widened for name in ("one", "five")] == [(), ()]


def test_thirty_objects_become_folders_and_no_more_than_is_needed() -> None:
    policy = session_policy(submission(SELECTIONS["thirty"], run=RUN), HERE)

    assert policy.widened == ("folders became the folder above them",)
    assert not allows(policy.text, "s3:GetObject", "arn:aws:s3:::landing-zone-of-the-team/payroll.csv")
    assert not allows(policy.text, "s3:GetObject", "arn:aws:s3:::landing-zone-of-the-team/visits/2025/x.csv")


def test_objects_of_one_folder_are_merged_before_anything_else() -> None:
    many = tuple(f"s3://landing/visits/2026/part-{number:03}-of-the-whole-year.csv" for number in range(30))
    policy = session_policy(submission(Access(inputs=(*many, "s3://other/a/b/c.csv")), run=RUN), HERE)

    assert policy.widened == ("single objects became their folder",)
    assert not allows(policy.text, "s3:GetObject", "arn:aws:s3:::other/a/b/d.csv")


def test_secrets_are_widened_only_where_they_themselves_are_too_long() -> None:
    wide = session_policy(submission(SELECTIONS["all_kinds"], run=RUN), HERE)
    secrets = session_policy(submission(SELECTIONS["thirty_secrets"], run=RUN), HERE)

    assert wide.widened
    assert not allows(wide.text, "secretsmanager:GetSecretValue", SECRET.replace("aurora-prod", "payroll"))
    assert secrets.widened == ("single secrets became all secrets of the portal",)
    assert not allows(secrets.text, "secretsmanager:GetSecretValue", SECRET.replace("spark/postgres/aurora", "payroll"))


def test_what_widening_brought_nothing_is_taken_back() -> None:
    """Thirty secrets are too long whatever is done to the two files beside them: these stay as they are."""
    files = ("s3://landing/a/one.csv", "s3://landing/a/two.csv")
    mixed = Access(secret_arns=_secrets(30), inputs=files, glue_tables=("analytics.orders",), uses_database=True)

    policy = session_policy(submission(mixed, run=RUN), HERE)

    assert policy.widened == ("single secrets became all secrets of the portal",)
    assert not allows(policy.text, "s3:GetObject", "arn:aws:s3:::landing/a/three.csv")
    assert not allows(policy.text, "glue:GetTable", "arn:aws:glue:us-east-1:123456789012:table/analytics/customers")


def test_characters_that_iam_reads_as_patterns_stand_for_themselves() -> None:
    text = session_policy(job(inputs=("s3://landing/a*b?c$d.csv", "s3://landing/é/“x”.csv")), HERE).text

    assert text.isascii()
    assert allows(text, "s3:GetObject", "arn:aws:s3:::landing/a*b?c$d.csv")
    assert not allows(text, "s3:GetObject", "arn:aws:s3:::landing/aXXbXc$d.csv")


def test_a_whole_bucket_may_be_picked() -> None:
    text = session_policy(job(inputs=("s3://landing/",)), HERE).text

    assert allows(text, "s3:GetObject", "arn:aws:s3:::landing/any/key.csv")
    assert allows(text, "s3:ListBucket", "arn:aws:s3:::landing", prefix="")


def test_a_secret_named_without_its_suffix_is_matched_with_it() -> None:
    text = session_policy(job(secret_arns=(SECRET.removesuffix("-AbCdEf"),), uses_database=True), HERE).text

    assert allows(text, "secretsmanager:GetSecretValue", SECRET)


def test_logins_by_token_and_keys_are_granted_where_they_are_used() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    plain = session_policy(job(secret_arns=(SECRET,), uses_database=True), HERE).text
    both = session_policy(
        job(secret_arns=(SECRET,), uses_database=True, uses_iam_login=True), replace(HERE, kms_key_arns=(key,))
    ).text

    assert "rds-db:connect" not in plain and "kms:" not in plain
    assert allows(both, "rds-db:connect", "arn:aws:rds-db:us-east-1:123456789012:dbuser:cluster-X/reader")
    assert allows(both, "kms:Decrypt", key)


def test_other_partitions_have_their_own_names() -> None:
    china = replace(HERE, role_arn=ROLE.replace("arn:aws:", "arn:aws-cn:"), region="cn-north-1")

    assert "arn:aws:s3" not in session_policy(job(inputs=(FILE,), glue_tables=("a.b",)), china).text
    assert "arn:aws-cn:glue:cn-north-1" in session_policy(job(inputs=(FILE,), glue_tables=("a.b",)), china).text


def test_a_job_whose_own_places_are_too_long_is_refused() -> None:
    with pytest.raises(PortalError, match="EMR_REFUSED"):
        session_policy(replace(job(), output_uri=f"s3://pgspark-test/{'x' * LIMIT}/"), HERE)


def test_the_words_for_all_that_can_be_widened_fit_an_event() -> None:
    """Beside "Handed to EMR Serverless.", in the 500 characters of `JobRunEvent.note`."""
    words = "; ".join(step[1] for step in emr_policy._STEPS)

    assert len(words) < 350
