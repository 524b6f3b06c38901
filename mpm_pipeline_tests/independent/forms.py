"""What members answered on LinkedIn's lead forms."""

from mpm_pipeline_tests.independent.world import Record, Snapshot


def questions_about(snapshot: Snapshot, field: str) -> set[tuple[str, str]]:
    """Give the (form, question) pairs that LinkedIn itself says ask for a field."""
    found = set()
    for form in snapshot.records("linkedin", "leadForms"):
        for question in (form.get("content") or {}).get("questions") or []:
            if field in str(question.get("predefinedField") or "").upper():
                found.add((str(form["id"]), str(question.get("questionId", question.get("id")))))
    return found


def mailbox_answered(response: Record, questions: set[tuple[str, str]]) -> str | None:
    """Give the mailbox of an answer: to a question that asks for one, else the first text with an @."""
    return next(iter(answered(response, questions)), None) or next(
        (text for text in answered(response, None) if "@" in text), None
    )


def answered(response: Record, questions: set[tuple[str, str]] | None) -> list[str]:
    """Give the texts with which a member answered these questions, or any."""
    form = str(response.get("versionedLeadGenFormUrn") or "").partition("leadGenForm:")[2].partition(",")[0].strip("()")
    texts: list[str] = []
    for answer in (response.get("formResponse") or {}).get("answers") or []:
        text = ((answer.get("answerDetails") or {}).get("textQuestionAnswer") or {}).get("answer")
        if text and (questions is None or (form, str(answer.get("questionId"))) in questions):
            texts.append(str(text))
    return texts
