"""The states of payees in words, for whoever reads a list of them."""

from typing import Final

from amends.kernel.saying import Said, said
from amends.payees.model import Situation

SITUATIONS: Final[dict[Situation, Said]] = {
    Situation.IN_REVIEW: said("papers or files contradict each other"),
    Situation.ADULT: said("adult, paid in person"),
    Situation.AGED_8_TO_17: said("8 to 17, has an account and is paid in person"),
    Situation.AGED_8_TO_17_GUARDED: said("8 to 17, paid to the guardian"),
    Situation.UNDER_8: said("under 8, no guardian's account yet"),
    Situation.UNDER_8_GUARDED: said("under 8, paid to the guardian"),
    Situation.INCAPABLE: said("cannot act, no guardian's account yet"),
    Situation.INCAPABLE_GUARDED: said("cannot act, paid to the guardian"),
    Situation.NO_ACCOUNT: said("no account is known"),
    Situation.WALLET_TOO_LOW: said("the wallet's class is too low"),
    Situation.HELD: said("held by the provider"),
    Situation.MISSING: said("missing, no custodian yet"),
    Situation.CUSTODIAN: said("missing, paid to the custodian"),
    Situation.REFUSED: said("does not want the money"),
    Situation.DONATED: said("gives the money away"),
    Situation.DIED_AFTER: said("died after the leak, heirs not settled"),
    Situation.DIED_BEFORE: said("died before the leak, relatives not settled"),
    Situation.ADMINISTRATOR: said("dead, paid to the estate's administrator"),
    Situation.HEIRS: said("dead, paid to the heirs"),
    Situation.RELATIVE: said("dead, paid to the relative agreed on"),
    Situation.NO_HEIR: said("dead, no heir: goes to the state"),
    Situation.DEPOSIT_PENDING: said("going to a notary"),
    Situation.DEPOSITED: said("lies with a notary"),
    Situation.COLLECTED: said("collected from the notary"),
    Situation.ESCHEATED: said("not collected in time, went to the state"),
}
"""What each state means for the money; docs/reference/payee-states.md has what leads where."""
