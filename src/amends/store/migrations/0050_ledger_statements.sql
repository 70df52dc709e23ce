-- What held each transfer to the accounts holds each statement now: a check of every row would take
-- more than writing it. It is as strong: an account is never removed or renamed.
SET lock_timeout = '5s';

ALTER TABLE ledger.transfer
    DROP CONSTRAINT transfer_debit_known,
    DROP CONSTRAINT transfer_credit_known,
    DROP CONSTRAINT transfer_currency_form;

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
