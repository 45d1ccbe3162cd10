"""What pages show of a version's writing: who may write, how far it is, what it changes, what the model reads, what
it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.models import AnalysisSession
from connections.errors import PortalError
from jobs.code_diff import Diff, diff
from jobs.codegen import registry as generators
from jobs.codegen.base import Generator
from jobs.codegen.context import request_for
from jobs.codegen.model_names import short_name
from jobs.codegen.prompt import Prompt, prompt_for
from jobs.generation.quota import tokens_today
from jobs.generation.resting import resting_models
from jobs.models import CodeVersion
from jobs.states import CodeState, Proposal
from jobs.versions import sources_for_asking

# How soon the page looks again while a version is written: milliseconds, by its age.
_POLLS = ((timedelta(seconds=20), 400), (timedelta(minutes=1), 1_000))
_SLOWEST_POLL = 3_000


@dataclass(frozen=True, slots=True)
class Writer:
    """A generator, with one of its models where it has some. `value` is what the form sends.

    A model that rests until `rests_until` is not asked while another can be.
    """

    generator: Generator
    model: str
    rests_until: datetime | None = None

    @property
    def value(self) -> str:
        return f"{self.generator.name}:{self.model}" if self.model else self.generator.name

    @property
    def label(self) -> str:
        return short_name(self.model) if self.model else self.generator.label


def writers() -> list[Writer]:
    """All that the settings offer, the preferred one first."""
    offered = generators.offered().values()
    resting = resting_models([model for generator in offered for model in generator.models])
    return [
        Writer(generator, model, resting.get(model)) for generator in offered for model in generator.models or ("",)
    ]


def writer_named(value: str) -> Writer | None:
    """The writer that a form has sent; None for one that is not offered (any more)."""
    return next((writer for writer in writers() if writer.value == value), None)


def writer_choice(session: AnalysisSession) -> dict[str, Any]:
    """Context of the choice of a writer: that of the session's last version comes first, if it is still offered."""
    offered = writers()
    last = session.code_versions.exclude(generator="").only("generator", "model", "number").first()
    wanted = "" if last is None else f"{last.generator}:{last.model}" if last.model else last.generator
    chosen = wanted if any(writer.value == wanted for writer in offered) else offered[0].value if offered else ""
    return {"writers": offered, "writer": chosen, "has_model": any(writer.generator.is_model for writer in offered)}


def written(version: CodeVersion | None) -> dict[str, Any]:
    """Context of a version's steps, of its change, and of the account of its calls."""
    if version is None:
        return {"steps": [], "attempts": []}
    return {
        "usable": None if version.transform else usable_before(version),
        "steps": version.steps,
        "poll_ms": poll_ms(version) if version.is_active else None,
        "change": change_of(version),
        "attempts": list(version.attempts.defer("request", "answer")),
    }


def usable_before(version: CodeVersion) -> CodeVersion | None:
    """The newest version with code that a version without any leaves standing."""
    earlier = version.session.code_versions.current().filter(state=CodeState.READY, number__lt=version.number)
    return earlier.exclude(transform="").only("number").first()


def poll_ms(version: CodeVersion) -> int:
    age = timezone.now() - version.created_at
    return next((pause for until, pause in _POLLS if age < until), _SLOWEST_POLL)


def change_of(version: CodeVersion) -> Diff | None:
    """What a change that nobody has accepted does to its parent's code."""
    if version.proposal not in (Proposal.OPEN, Proposal.REJECTED) or version.is_active or version.parent is None:
        return None
    return diff(version.parent.transform, version.transform) if version.transform else None


def since_parent(version: CodeVersion) -> Diff | None:
    """What a version has changed in the one that it was made from."""
    return diff(version.parent.transform, version.transform) if version.parent and version.transform else None


def account(user: User) -> dict[str, Any]:
    """The person's tokens of today against what they may use; `limit` None without a quota."""
    return {"used_today": tokens_today(user), "limit": settings.PGSPARK_TOKENS_PER_USER_DAY or None}


def prompt_of_session(session: AnalysisSession, user: User, question: str) -> dict[str, Any]:
    """Context of what a model would read now; `error` in place of it where nothing can be asked."""
    try:
        sources = sources_for_asking(session, user)
    except PortalError as error:
        return {"error": error}
    prompt = prompt_for(request_for(question, sources))
    columns = sum(len(source["columns"]) for source in sources)
    return {
        "parts": _parts(prompt),
        "tokens": prompt.tokens,
        "cuts": prompt.cuts,
        "budget": settings.PGSPARK_CONTEXT_TOKENS,
        "table_count": len(sources),
        "column_count": columns,
    }


def _parts(prompt: Prompt) -> list[tuple[str, str]]:
    return [
        ("The picked tables", prompt.context),
        ("The question", prompt.question),
        ("The rules, the same for every question", prompt.system),
    ]


def sent_parts(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was sent in a call, as texts with a title each, whatever the service's spelling."""
    system = [("Rules", block["text"]) for block in request.get("system", ()) if "text" in block]
    messages = [part for message in request.get("messages", ()) for part in _message_parts(message)]
    return [*messages, *system]


def _message_parts(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    title = {"user": "To the model", "tool": "To the model", "system": "Rules"}.get(message["role"], "From the model")
    content = message.get("content")
    blocks: Sequence[Any] = [{"text": content}] if isinstance(content, str) else content or ()
    parts = [(title, text) for block in blocks if (text := _block_text(block))]
    calls = [call["function"]["arguments"] for call in message.get("tool_calls") or ()]
    return [*parts, *((title, text) for text in calls)]


def _block_text(block: Mapping[str, Any]) -> str:
    if "text" in block:
        return str(block["text"])
    if "toolUse" in block:
        return str(block["toolUse"]["input"].get("transform", ""))
    if "toolResult" in block:
        return "\n".join(part["text"] for part in block["toolResult"]["content"] if "text" in part)
    return ""
