"""Presidio as it runs without a trained language model: its pattern recognisers on a blank engine.

No model of names and places can be downloaded here, so Presidio finds neither; what it says of
numbers, addresses of mail and network, and days needs none. Chinese gets every recogniser that is
of no language, and telephone numbers of China as well as of the United States and Britain.
"""

from collections.abc import Sequence

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    DateRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    UrlRecognizer,
)

FIELD_OF = {
    "PHONE_NUMBER": "phone",
    "EMAIL_ADDRESS": "email",
    "CREDIT_CARD": "bankcard",
    "IBAN_CODE": "bankcard",
    "US_BANK_NUMBER": "bankcard",
    "IP_ADDRESS": "ip",
    "MAC_ADDRESS": "device",
    "US_SSN": "idno",
    "US_ITIN": "idno",
    "UK_NINO": "idno",
    "UK_NHS": "idno",
    "US_PASSPORT": "passport",
    "UK_PASSPORT": "passport",
    "DATE_TIME": "birth",
    "PERSON": "name",
    "LOCATION": "address",
    "UK_POSTCODE": "postcode",
    "UK_VEHICLE_REGISTRATION": "plate",
}
"""Presidio's entities → field words; what is not here is asked of nobody."""
# Its own list of endings of host names; never the network.
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # type: ignore[assignment]
KNOWS = frozenset({"phone", "email", "bankcard", "ip", "idno", "birth", "device"})
"""Fields that both know without a language model."""


class _Blank(SpacyNlpEngine):
    """An engine that splits words and knows nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.nlp = {language: spacy.blank(language) for language in ("en", "zh")}  # type: ignore[assignment]  # declared as None


class Presidio:
    """An analyzer for Chinese and English."""

    def __init__(self) -> None:
        engine = _Blank()
        registry = RecognizerRegistry(supported_languages=["en", "zh"])
        registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
        registry.recognizers = [
            one for one in registry.recognizers if not isinstance(one, PhoneRecognizer)
        ]
        regions = ("US", "GB", "CN")
        registry.add_recognizer(PhoneRecognizer(supported_regions=regions))
        for kind in (
            CreditCardRecognizer,
            DateRecognizer,
            EmailRecognizer,
            IbanRecognizer,
            IpRecognizer,
            UrlRecognizer,
        ):
            registry.add_recognizer(kind(supported_language="zh"))
        registry.add_recognizer(
            PhoneRecognizer(supported_language="zh", supported_regions=("CN", "US", "GB"))
        )
        self._analyzer = AnalyzerEngine(
            nlp_engine=engine, registry=registry, supported_languages=["en", "zh"]
        )

    def found(
        self, text: str, language: str, context: Sequence[str] = ()
    ) -> list[tuple[str, str, float]]:
        """Field, value and score of everything found in a text."""
        results = self._analyzer.analyze(text=text, language=language, context=list(context))
        return [
            (FIELD_OF[one.entity_type], text[one.start : one.end], float(one.score))
            for one in results
            if one.entity_type in FIELD_OF
        ]
