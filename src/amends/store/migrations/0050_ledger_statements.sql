-- What held each transfer to the accounts holds each statement now: a check of every row would take
-- more than writing it. It is as strong: an account is never removed or renamed.
SET lock_timeout = '5s';

ALTER TABLE ledger.transfer
    DROP CONSTRAINT transfer_debit_known,
    DROP CONSTRAINT transfer_credit_known,
    DROP CONSTRAINT transfer_currency_form;

-- The books are in the currency of their first transfer; another is refused by its name.
CREATE TABLE ledger.currency (
    currency text NOT NULL,
    is_only boolean NOT NULL DEFAULT true,
    CONSTRAINT currency_pkey PRIMARY KEY (currency),
    CONSTRAINT currency_is_only CHECK (is_only),
    CONSTRAINT transfer_one_currency UNIQUE (is_only)
);

COMMENT ON TABLE ledger.currency IS 'The one currency of the books.';

INSERT INTO ledger.currency (currency) SELECT DISTINCT currency FROM ledger.transfer;

GRANT SELECT, INSERT ON ledger.currency TO amends_app;

CREATE FUNCTION ledger.refuse_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    IF EXISTS (SELECT debit FROM added EXCEPT SELECT account FROM ledger.account) THEN
        wrong := 'transfer_debit_known';
    ELSIF EXISTS (SELECT credit FROM added EXCEPT SELECT account FROM ledger.account) THEN
        wrong := 'transfer_credit_known';
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'new transfers violate %', wrong
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = wrong, SCHEMA = 'ledger',
            TABLE = 'transfer';
    END IF;
    IF EXISTS (SELECT FROM (SELECT DISTINCT currency FROM added) AS used WHERE currency !~ '^[A-Z]{3}$') THEN
        RAISE EXCEPTION 'new transfers violate transfer_currency_form'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_currency_form',
            SCHEMA = 'ledger', TABLE = 'transfer';
    END IF;
    INSERT INTO ledger.currency (currency) SELECT DISTINCT currency FROM added
    ON CONFLICT ON CONSTRAINT currency_pkey DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER transfer_is_whole AFTER INSERT ON ledger.transfer
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION ledger.refuse_transfer();

CREATE FUNCTION ledger.refuse_change_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an account of the books stays'
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, SCHEMA = 'ledger';
END
$$;

CREATE TRIGGER account_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.account
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change_of_account();
