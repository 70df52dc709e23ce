-- What is taken back from a provider, asked back from a payee, let go or ordered of a notary is what
-- two people have signed, row by row and as a list.
SET lock_timeout = '5s';

-- Whether a proposal says exactly this, and as many have signed it as it needs.
CREATE FUNCTION governance.is_signed(
    wanted_digest text, wanted_kind text, says jsonb, beside text []
) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    body jsonb := governance.signed_body(wanted_digest, wanted_kind)::jsonb;
    who text [] := governance.signers(wanted_digest);
BEGIN
    RETURN COALESCE(
        body - ARRAY['case', 'signers', 'one_of'] - beside = says
        AND body ?& beside
        AND cardinality(who) >= COALESCE((body ->> 'signers')::integer, 2)
        AND (
            NOT body ? 'one_of'
            OR who && ARRAY(SELECT jsonb_array_elements_text(body -> 'one_of'))
        ),
        false
    );
END
$$;

COMMENT ON FUNCTION governance.is_signed(text, text, jsonb, text []) IS
    'beside: what the proposal has to say beside it, under keys that the database has not.';

CREATE FUNCTION payouts.refuse_unsigned_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT governance.is_signed(
        NEW.proposal_sha256, 'revoke', jsonb_build_object(
            'rail', NEW.rail,
            'count', NEW.payments,
            'total_minor', NEW.total_minor,
            'currency', NEW.currency,
            'numbers_sha256', NEW.numbers_sha256,
            'reason', NEW.reason
        ), '{}'
    ) THEN
        RAISE EXCEPTION 'not enough people have signed what is taken back'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER revocation_signed_as_it_is AFTER INSERT ON payouts.revocation FOR EACH ROW
WHEN (NEW.switch_no IS NULL)
EXECUTE FUNCTION payouts.refuse_unsigned_revocation();

-- The same count and sum of other payments is something else.
CREATE FUNCTION payouts.refuse_other_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payouts.revocation AS made
        INNER JOIN payouts.revoked AS one ON one.revocation_no = made.revocation_no
        INNER JOIN payouts.payment AS payment ON payment.instruction_id = one.instruction_id
        WHERE made.revocation_no = ANY(ARRAY(SELECT DISTINCT added.revocation_no FROM added))
        GROUP BY made.revocation_no
        HAVING made.numbers_sha256 <> encode(sha256(convert_to(string_agg(
            payment.instruction_id || ' ' || payment.amount_minor || E'\n', ''
            ORDER BY payment.instruction_id
        ), 'UTF8')), 'hex')
    ) THEN
        RAISE EXCEPTION 'other payments are taken back than were signed'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

-- Its name puts it behind revoked_is_whole.
CREATE TRIGGER revoked_of_what_was_signed AFTER INSERT ON payouts.revoked
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_other_revoked();

CREATE FUNCTION payouts.refuse_unsigned_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT governance.is_signed(
        NEW.proposal_sha256, 'recovery', jsonb_build_object(
            'recovery', NEW.recovery_no,
            'payment', NEW.instruction_id,
            'award', NEW.award_index,
            'amount_minor', NEW.amount_minor,
            'currency', NEW.currency,
            'ground', NEW.ground
        ), '{because_hmac}'
    ) THEN
        RAISE EXCEPTION 'not enough people have signed recovery % as it is', NEW.recovery_no
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER recovery_signed_as_it_is AFTER INSERT ON payouts.recovery FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_unsigned_recovery();

CREATE FUNCTION payouts.refuse_unsigned_recovery_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT governance.is_signed(
        NEW.proposal_sha256,
        CASE NEW.kind WHEN 'repaid' THEN 'repayment' ELSE 'waiver' END,
        jsonb_strip_nulls(
            jsonb_build_object(
                'recovery', NEW.recovery_no,
                'step', NEW.step,
                'amount_minor', NEW.amount_minor,
                'currency', (
                    SELECT recovery.currency FROM payouts.recovery
                    WHERE recovery.recovery_no = NEW.recovery_no
                ),
                'movement_hmac', encode(NEW.mark, 'hex')
            )
        ),
        CASE NEW.kind WHEN 'waived' THEN '{because_hmac}' ELSE '{}' END::text []
    ) THEN
        RAISE EXCEPTION 'not enough people have signed step % of recovery % as it is',
            NEW.step, NEW.recovery_no
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER recovery_event_signed_as_it_is AFTER INSERT ON payouts.recovery_event FOR EACH ROW
WHEN (NEW.kind <> 'told')
EXECUTE FUNCTION payouts.refuse_unsigned_recovery_event();

CREATE FUNCTION payouts.refuse_unsigned_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT governance.is_signed(
        NEW.proposal_sha256, 'deposit', jsonb_build_object(
            'order', NEW.order_no,
            'notary', NEW.notary,
            'people', NEW.people,
            'total_minor', NEW.total_minor,
            'currency', NEW.currency,
            'list_sha256', NEW.list_sha256
        ), '{}'
    ) THEN
        RAISE EXCEPTION 'not enough people have signed order % as it is', NEW.order_no
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER deposit_order_signed_as_it_is AFTER INSERT ON payouts.deposit_order FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_unsigned_order();

CREATE FUNCTION payouts.refuse_other_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payouts.deposit_order AS made
        INNER JOIN payouts.deposit_ordered AS one ON one.order_no = made.order_no
        WHERE made.order_no = ANY(ARRAY(SELECT DISTINCT added.order_no FROM added))
        GROUP BY made.order_no
        HAVING made.list_sha256 <> encode(sha256(convert_to(string_agg(
            one.award_index || ' ' || one.amount_minor || E'\n', '' ORDER BY one.award_index
        ), 'UTF8')), 'hex')
    ) THEN
        RAISE EXCEPTION 'an order is of other people than were signed'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

-- Its name puts it behind the one that adds up.
CREATE TRIGGER deposit_ordered_of_what_was_signed AFTER INSERT ON payouts.deposit_ordered
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_other_ordered();

-- Another folder takes a rail's place under its own proposal, of how things are at that moment: where
-- files left since from the one before, it is signed anew.
ALTER TABLE payouts.drop_mark
    ADD COLUMN proposal_sha256 text,
    ADD CONSTRAINT drop_mark_adopted_once UNIQUE (proposal_sha256);

COMMENT ON COLUMN payouts.drop_mark.proposal_sha256 IS
    'By which proposal another folder took the place of the one before; NULL: it is the same one.';

SELECT store.let_stay('payouts', 'drop_mark');

CREATE FUNCTION payouts.refuse_unsigned_drop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT governance.is_signed(
        NEW.proposal_sha256, 'adopt', jsonb_build_object(
            'rail', NEW.rail,
            'newest_mark', COALESCE((
                SELECT encode(drop_mark.mark, 'hex') FROM payouts.drop_mark
                WHERE drop_mark.rail = NEW.rail AND drop_mark.mark_no = NEW.mark_no - 1
            ), '')
        ), '{reason}'
    ) THEN
        RAISE EXCEPTION 'not enough people have signed that a folder is now that of %', NEW.rail
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER drop_mark_adopted_as_signed AFTER INSERT ON payouts.drop_mark FOR EACH ROW
WHEN (NEW.proposal_sha256 IS NOT NULL)
EXECUTE FUNCTION payouts.refuse_unsigned_drop();

-- What money is let out by stays as it was signed, and by whom.
SELECT
    store.let_stay('governance', 'operator'),
    store.let_stay('governance', 'proposal'),
    store.let_stay('governance', 'approval'),
    store.let_stay('governance', 'barred'),
    store.let_stay('governance', 'rejected');
