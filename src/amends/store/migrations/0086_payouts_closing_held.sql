-- That a case is closed is true when it is written down: no posting comes in between, every clearing
-- account is at zero, every day of a bill is closed, nothing waits for an explanation, and two people
-- have signed exactly these figures, once.
SET lock_timeout = '5s';

CREATE OR REPLACE FUNCTION payouts.refuse_closed_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    PERFORM pg_advisory_xact_lock(1818584167); -- the chain lock, docs/locking.md: nobody posts
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a transaction that sees the past cannot tell that nothing is open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_case_of_now',
            SCHEMA = 'payouts', TABLE = 'closed_case';
    END IF;
    IF EXISTS (
        SELECT FROM payouts.recovery_standing AS standing
        WHERE standing.repaid_minor + standing.waived_minor < standing.amount_minor
    ) THEN
        RAISE EXCEPTION 'money is still asked back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_case_nothing_asked_back',
            SCHEMA = 'payouts', TABLE = 'closed_case';
    END IF;
    SELECT string_agg(clearing.account || ' ' || clearing.amount_minor, ', ') INTO wrong
    FROM payouts.clearing WHERE clearing.amount_minor <> 0;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'clearing accounts are not at zero: %', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_case_clears',
            SCHEMA = 'payouts', TABLE = 'closed_case';
    END IF;
    IF EXISTS (
        SELECT FROM payouts.bill WHERE NOT EXISTS (
            SELECT FROM payouts.closed_day AS closed
            WHERE closed.rail = bill.rail AND closed.day = bill.day
        )
    ) THEN
        RAISE EXCEPTION 'a day that has its bill is open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_case_of_closed_days',
            SCHEMA = 'payouts', TABLE = 'closed_case';
    END IF;
    IF EXISTS (SELECT FROM payouts.exception WHERE exception.cleared_at IS NULL) THEN
        RAISE EXCEPTION 'something waits for an explanation'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_case_explained',
            SCHEMA = 'payouts', TABLE = 'closed_case';
    END IF;
    IF EXISTS (SELECT FROM payouts.short) THEN
        RAISE EXCEPTION 'somebody was paid less, and is not owed the rest'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_case_raised',
            SCHEMA = 'payouts', TABLE = 'closed_case';
    END IF;
    IF NOT EXISTS (
        SELECT FROM governance.proposal AS proposal
        WHERE
            proposal.digest = NEW.approval AND proposal.kind = 'close'
            AND (proposal.body::jsonb - 'case' - 'currency' - 'closing') = NEW.figures
            AND (proposal.body::jsonb ->> 'closing')::integer = NEW.closed_no
            AND (
                SELECT count(DISTINCT operator.public_key) FROM governance.approval AS approval
                INNER JOIN governance.operator AS operator ON operator.name = approval.operator
                WHERE approval.digest = proposal.digest
            ) >= 2
    ) THEN
        RAISE EXCEPTION 'nobody has signed these figures'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_case_signed',
            SCHEMA = 'payouts', TABLE = 'closed_case';
    END IF;
    RETURN NULL;
END
$$;

CREATE VIEW payouts.clearing AS
SELECT
    balance.account,
    sum(balance.amount_minor)::bigint AS amount_minor
FROM ledger.balance AS balance
WHERE
    balance.account IN ('owed', 'returned', 'suspense', 'in_transit')
    OR balance.account LIKE 'in\_flight:%'
GROUP BY balance.account
UNION ALL
SELECT
    'settled − paid_out' AS account,
    (held.settled - held.paid_out + LEAST(held.beside, (
        SELECT COALESCE(sum(transfer.amount_minor), 0) FROM ledger.transfer AS transfer
        WHERE transfer.debit = 'paid_out' AND transfer.reason = 'escrow'
    )))::bigint AS amount_minor
FROM (
    SELECT
        COALESCE(sum(amount_minor) FILTER (WHERE account = 'settled'), 0) AS settled,
        COALESCE(sum(amount_minor) FILTER (WHERE account = 'paid_out'), 0) AS paid_out,
        COALESCE(
            sum(amount_minor) FILTER (WHERE account IN ('deposited', 'paid_by_hand')), 0
        ) AS beside
    FROM ledger.balance
) AS held;

COMMENT ON VIEW payouts.clearing IS
    'Accounts through which money only passes: each is at zero when the books of a case are closed. '
    'What left the escrow account for deposits and payments by hand was settled by no rail.';

GRANT SELECT ON payouts.clearing TO amends_app;

DROP TRIGGER closed_case_nothing_asked_back ON payouts.closed_case;

CREATE TRIGGER closed_case_is_so AFTER INSERT ON payouts.closed_case
FOR EACH ROW EXECUTE FUNCTION payouts.refuse_closed_case();
