"""The operations of the interface. Each is one call of a use case, as an operator."""

from amends.web.api.operations import determining, governing, meeting, paying, standing

OPERATIONS = (
    *standing.HANDLERS,
    *determining.HANDLERS,
    *paying.HANDLERS,
    *governing.HANDLERS,
    *meeting.HANDLERS,
)
