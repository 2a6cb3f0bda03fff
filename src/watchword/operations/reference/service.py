"""The reference: read from the document and the classes of this very process."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from watchword.kernel.parts import service
from watchword.kernel.problems import NotFound
from watchword.operations.reference.rules import (
    Chapter,
    Explanation,
    advice_of,
    chapters,
    problem_classes,
)
from watchword.plumbing.web.described import Described

ADVICE = Path(__file__).parent / "templates/advice.toml"


@service
class Reference:
    """Tells what this service takes and tells."""

    api: Described

    def chapters(self) -> tuple[Chapter, ...]:
        """Return every operation, by tag."""
        return chapters(self.api.document)

    def problems(self) -> list[Explanation]:
        """Return every problem, by code."""
        return explanations()

    def problem(self, code: str) -> Explanation:
        """Explain one problem. Problem: `not_found`."""
        for found in explanations():
            if found.code == code:
                return Explanation(
                    code=found.code,
                    status=found.status,
                    sentence=found.sentence,
                    advice=found.advice,
                    told_by=tuple(
                        operation
                        for chapter in self.chapters()
                        for operation in chapter.operations
                        if code in {trouble.code for trouble in operation.troubles}
                    ),
                )
        raise NotFound("There is no such problem.")


def explanations() -> list[Explanation]:
    """Explain every problem of the modules that are loaded, by code."""
    return [
        Explanation(
            code=code,
            status=problem.kind.value,
            sentence=problem.title(),
            advice=advice_of(problem, written_advice()),
        )
        for code, problem in problem_classes().items()
    ]


@cache
def written_advice() -> Mapping[str, str]:
    """Return the advice that is written down, by code."""
    return {code: str(text) for code, text in tomllib.loads(ADVICE.read_text("utf-8")).items()}
