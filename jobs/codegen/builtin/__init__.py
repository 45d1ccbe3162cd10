"""The built-in generator: rules, no model, no network. It says what it understood and asks where it cannot tell.

A question goes through five rooms: `lexer` (items), `grammar` (wishes in the person's words), `planner`
(a `Plan` over the picked tables), `render` (code) and `explain` (sentences). A new rule is a word in
`vocabulary`, a clause in `grammar` or `conditions`, and, where the plan must carry more, a field in `plan`.
"""

from __future__ import annotations

from dataclasses import replace

from jobs.codegen.base import UNWATCHED, Answer, Clarification, GeneratedCode, GenerationRequest, Watch
from jobs.codegen.builtin.explain import explanation, title, understood
from jobs.codegen.builtin.grammar import read
from jobs.codegen.builtin.lexer import items_of
from jobs.codegen.builtin.lexicon import Lexicon
from jobs.codegen.builtin.planner import Planner
from jobs.codegen.builtin.reading import Ask
from jobs.codegen.builtin.render import render


class BuiltinGenerator:
    name = "builtin"
    label = "Built-in rules"
    is_model = False
    models: tuple[str, ...] = ()

    def generate(self, request: GenerationRequest, watch: Watch = UNWATCHED) -> Answer:
        """Code for the question, or a question back. The same request always gives the same answer."""
        understood: list[str] = []
        try:
            return _generated(_whole_question(request), understood)
        except Ask as ask:
            return Clarification(ask.question, tuple(dict.fromkeys(ask.options)), tuple(understood))


def _whole_question(request: GenerationRequest) -> GenerationRequest:
    """Rules read no code: what is to change is read as one question with all that was asked before."""
    if request.base is None:
        return request
    if not request.base.asked or request.failure:
        raise Ask("The built-in rules cannot change code. Please ask the whole question again.")
    return replace(request, prompt=", ".join((*request.base.asked, request.prompt)))


def _generated(request: GenerationRequest, understood_so_far: list[str]) -> GeneratedCode:
    """The code; what is understood is noted as it is, for a question back to show it."""
    lexicon = Lexicon(request)
    planner = Planner(request, lexicon, read(items_of(request.prompt), lexicon))
    planner.resolver.assumptions = understood_so_far
    plan = planner.plan()
    return GeneratedCode(
        transform=render(plan, [source.alias for source in request.sources], title(plan)),
        explanation=explanation(plan),
        assumptions=tuple(planner.resolver.assumptions),
        understood=understood(plan),
        ignored=tuple(dict.fromkeys(planner.ignored)),
    )
