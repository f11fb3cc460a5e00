"""Put the questions of `hubctl new`, or take flags for answers. Pure but for `ask`, an argument."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from hubctl.console.errors import Problem
from hubctl.create.questions import QUESTIONS, Answers, Question


def interview(flags: Mapping[str, str | None], ask: Callable[[str], str] | None) -> Answers:
    """Every answer. `ask` puts a question to a person; None takes defaults and raises Problem
    (misuse) that names every flag that is missing or wrong."""
    answers: Answers = {}
    wrong: list[str] = []
    unused = {flag for flag, value in flags.items() if value is not None}
    for question in QUESTIONS:
        if not _applies(question, answers):
            continue
        unused.discard(question.flag)
        default = question.default(answers)
        value = flags.get(question.flag)
        if value is not None:
            problem = _wrong(question, value)
            if problem:
                wrong.append(f"--{question.flag} {value}: {problem}")
        elif ask is not None:
            value = _put(question, default, ask)
        elif default is None and not question.optional:
            wrong.append(
                f"--{question.flag} is missing: {question.text[:1].lower()}{question.text[1:]}"
            )
        answers[question.flag] = value if value is not None else default or ""
    wrong += [f"--{flag} does not go with the other answers" for flag in sorted(unused)]
    if wrong:
        raise Problem("".join(f"\n  {line}" for line in wrong).strip(), status=2)
    return answers


def _applies(question: Question, answers: Answers) -> bool:
    try:
        return question.when(answers)
    except KeyError:
        return False


def _put(question: Question, default: str | None, ask: Callable[[str], str]) -> str:
    hint = f" ({'/'.join(question.choices)})" if question.choices else ""
    hint += f" [{default}]" if default else " (optional)" if question.optional else ""
    while True:
        value = ask(f"{question.text}{hint}: ").strip() or default or ""
        if not value and question.optional:
            return ""
        problem = _wrong(question, value)
        if problem is None:
            return value
        print(f"  {problem}")


def _wrong(question: Question, value: str) -> str | None:
    if not value:
        return None if question.optional else "an answer is needed."
    if question.choices and value not in question.choices:
        near = difflib.get_close_matches(value, question.choices, n=1)
        said = (
            f"did you mean {near[0]}?" if near else f"choose one of {', '.join(question.choices)}."
        )
        return f"it is no choice; {said}"
    return question.check(value)
