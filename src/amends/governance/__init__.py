"""Who may do what: operators, proposals and approvals, audit trail, register of exports."""
