"""An answered questionnaire for tests, made from the template as an officer would fill it."""

import re
from pathlib import Path

from amends.governance import assessment
from amends.governance.model import Assessment
from amends.linkage.service import facts
from amends.vault.opened import OpenCase


def answered(template: str, purposes: str | None = None) -> str:
    """The template with every blank filled in; *purposes* as TOML, if not all."""
    text = re.sub(r'(likelihood|harm|remaining) = ""', r'\1 = "low"', template)
    text = text.replace('= ""', '= "as the policy of the group says"')
    if purposes is not None:
        text = re.sub(r"^purposes = .*$", f"purposes = {purposes}", text, flags=re.MULTILINE)
    return text


def record_assessment(opened: OpenCase, purposes: str | None = None) -> Assessment:
    """Record an assessment of the facts as they are now; ``opened.approve_as`` signs."""
    path = Path(opened.case.root) / "answered.toml"
    path.write_text(answered(assessment.template(opened, facts(opened)), purposes), "utf-8")
    return assessment.record(opened, path, facts(opened))
