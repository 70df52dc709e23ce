"""WebAuthn on the server (W3C Web Authentication, level 3), by py_webauthn.

An operator's user handle is a hash of the case and the name, so that a passkey tells nobody's name.
User verification is demanded: what is signed was signed by somebody who showed themselves.
"""

import hashlib
import json
from dataclasses import dataclass

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from amends.access.model import Credential, Site
from amends.kernel.ids import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A passkey that was made: its id, public key (COSE) and counter."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def registration_options(
    site: Site, case_id: str, operator: Operator, challenge: bytes, known: list[bytes]
) -> str:
    """What the browser's ``navigator.credentials.create`` takes, as JSON."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.rp_id,
            rp_name=f"Amends {case_id}",
            user_name=operator,
            user_id=hashlib.sha256(f"amends operator\0{case_id}\0{operator}".encode()).digest(),
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
    )


def registered(site: Site, answer: str, challenge: bytes) -> Registered | None:
    """The passkey that an answer proves; None where it proves none."""
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return Registered(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
    )


def sign_in_options(site: Site, challenge: bytes, allowed: list[bytes]) -> str:
    """What the browser's ``navigator.credentials.get`` takes, as JSON."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site.rp_id,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in allowed],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def asserted(site: Site, answer: str, challenge: bytes, credential: Credential) -> int | None:
    """The authenticator's counter where it has signed the challenge; None where it has not.

    py_webauthn refuses a counter that does not grow, which is what a copied key shows.
    """
    if credential.public_key is None:
        return None
    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=credential.public_key,
            credential_current_sign_count=credential.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return found.new_sign_count


def named_in(answer: str) -> tuple[bytes, bytes] | None:
    """Credential id and challenge as an answer names them, before anything is believed."""
    try:
        content = json.loads(answer)
        client = json.loads(base64url_to_bytes(content["response"]["clientDataJSON"]))
        return base64url_to_bytes(content["id"]), base64url_to_bytes(client["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
