-- What carries money or an answer stays as it was written, also for the owner of the tables; a plan
-- is what its instructions come to, and nothing joins it once it is approved.
SET lock_timeout = '5s';

CREATE FUNCTION store.refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('amends.rewriting', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'what stands in %.% stays as it was written', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME;
END
$$;

COMMENT ON FUNCTION store.refuse_rewriting IS
    'Rows stay, and so do the columns that ordinary work may not update. Migrations, which have to '
    'rewrite rows, say so by amends.rewriting.';

-- Makes a table stay; again after columns were added to it.
CREATE FUNCTION store.let_stay(room text, name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    columns text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute
    WHERE
        attrelid = format('%I.%I', room, name)::regclass AND attnum > 0 AND NOT attisdropped
        AND NOT has_column_privilege('amends_app', attrelid, attnum, 'UPDATE');
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %I.%I', name || '_stays', room, name);
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE OR UPDATE OF %s ON %I.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION store.refuse_rewriting()',
        name || '_stays', columns, room, name
    );
END
$$;

SELECT store.let_stay(pg_namespace.nspname, pg_class.relname)
FROM pg_class
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE
    pg_class.relkind = 'r'
    AND (
        pg_namespace.nspname IN ('claims', 'funding', 'ledger', 'notices', 'payouts')
        OR (pg_namespace.nspname, pg_class.relname) IN (
            ('awards', 'award'), ('awards', 'correction'), ('awards', 'correction_decision'),
            ('awards', 'granted'), ('awards', 'granted_award'), ('awards', 'person_group'),
            ('awards', 'promise_restatement'), ('awards', 'round'), ('awards', 'tariff_class'),
            ('payees', 'evidence'), ('payees', 'further'), ('payees', 'hand_payment'),
            ('payees', 'move'), ('payees', 'statement'), ('payees', 'turn')
        )
    )
    AND (pg_namespace.nspname, pg_class.relname) NOT IN (
        ('ledger', 'account'), ('payouts', 'attention')
    );

-- All money of a case is in one currency, that of its books.
CREATE FUNCTION ledger.refuse_other_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.currency WHERE currency.currency <> NEW.currency) THEN
        RAISE EXCEPTION '% is not the currency of the books', NEW.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER plan_in_the_books_currency BEFORE INSERT ON payouts.plan
FOR EACH ROW EXECUTE FUNCTION ledger.refuse_other_currency();
CREATE TRIGGER rail_in_the_books_currency BEFORE INSERT ON payouts.rail
FOR EACH ROW EXECUTE FUNCTION ledger.refuse_other_currency();
CREATE TRIGGER deposit_order_in_the_books_currency BEFORE INSERT ON payouts.deposit_order
FOR EACH ROW EXECUTE FUNCTION ledger.refuse_other_currency();
CREATE TRIGGER hand_payment_in_the_books_currency BEFORE INSERT ON payees.hand_payment
FOR EACH ROW EXECUTE FUNCTION ledger.refuse_other_currency();

-- A plan begins without approval, and is approved as what its instructions are.
CREATE FUNCTION payouts.refuse_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND EXISTS (
        SELECT FROM (
            SELECT
                count(*) AS instructions,
                sum(payment.amount_minor) AS total_minor,
                count(*) FILTER (WHERE payment.rail <> NEW.rail) AS elsewhere,
                count(*) FILTER (WHERE payment.currency <> NEW.currency) AS foreign_ones
            FROM payouts.chunk AS chunk
            INNER JOIN payouts.payment AS payment ON payment.chunk_no = chunk.chunk_no
            WHERE chunk.plan_no = NEW.plan_no
        ) AS made
        WHERE
            made.instructions = NEW.instructions AND made.total_minor = NEW.total_minor
            AND made.elsewhere = 0 AND made.foreign_ones = 0
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'plan % is not what its instructions come to', NEW.plan_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

CREATE TRIGGER plan_is_its_instructions AFTER UPDATE ON payouts.plan FOR EACH ROW
WHEN (OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL)
EXECUTE FUNCTION payouts.refuse_plan();

CREATE TRIGGER plan_begins_unapproved AFTER INSERT ON payouts.plan FOR EACH ROW
WHEN (NEW.approved_at IS NOT NULL)
EXECUTE FUNCTION payouts.refuse_plan();

CREATE FUNCTION payouts.refuse_approved_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'plan % is approved once, and stays so', OLD.plan_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

CREATE TRIGGER plan_is_approved_once BEFORE UPDATE ON payouts.plan FOR EACH ROW
WHEN (OLD.approved_at IS NOT NULL AND NEW.approved_at IS DISTINCT FROM OLD.approved_at)
EXECUTE FUNCTION payouts.refuse_approved_again();

CREATE FUNCTION payouts.refuse_late_instruction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payouts.chunk AS chunk
        INNER JOIN payouts.plan AS plan ON plan.plan_no = chunk.plan_no
        WHERE
            plan.approved_at IS NOT NULL
            AND chunk.chunk_no = ANY(ARRAY(SELECT DISTINCT added.chunk_no FROM added))
    ) THEN
        RAISE EXCEPTION 'an instruction is planned before its plan is approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER instruction_before_approval AFTER INSERT ON payouts.payment
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION payouts.refuse_late_instruction();

-- An answer is to something that we asked or sent.
ALTER TABLE payouts.answer
    ADD CONSTRAINT answer_outcome_known CHECK (
        outcome IN ('accepted', 'settled', 'refused', 'unknown', 'returned', 'not_found')
    );

CREATE FUNCTION payouts.refuse_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    SELECT added.instruction_id INTO wrong
    FROM added
    WHERE NOT EXISTS (
        SELECT FROM payouts.payment AS payment WHERE payment.instruction_id = added.instruction_id
    )
    ORDER BY added.instruction_id
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% is no number of ours', wrong
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER answer_to_an_instruction AFTER INSERT ON payouts.answer
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_answer();
CREATE TRIGGER callback_about_an_instruction AFTER INSERT ON payouts.callback
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_answer();

CREATE FUNCTION payouts.refuse_pack() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payouts.chunk
        WHERE
            chunk.chunk_no = NEW.chunk_no AND chunk.state IN ('sending', 'sent')
            AND NEW.answers <= chunk.instructions
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'more answers than chunk % has sent', NEW.chunk_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

CREATE TRIGGER answer_pack_of_what_was_sent AFTER INSERT ON payouts.answer_pack
FOR EACH ROW EXECUTE FUNCTION payouts.refuse_pack();

-- What a rail was handed is of one of its chunks, and no more than that comes to.
CREATE FUNCTION payouts.refuse_handed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most bigint;
BEGIN
    SELECT sum(payment.amount_minor) INTO most
    FROM payouts.chunk AS chunk
    INNER JOIN payouts.plan AS plan ON plan.plan_no = chunk.plan_no AND plan.rail = NEW.rail
    INNER JOIN payouts.payment AS payment
        ON
            payment.chunk_no = chunk.chunk_no
            AND payment.award_index BETWEEN chunk.first_award AND chunk.last_award
    WHERE chunk.chunk_no = NEW.chunk_no;
    IF NEW.amount_minor > COALESCE(most, 0) THEN
        RAISE EXCEPTION 'chunk % is no chunk of %, or comes to less', NEW.chunk_no, NEW.rail
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER handed_what_the_chunk_comes_to AFTER INSERT ON payouts.handed
FOR EACH ROW EXECUTE FUNCTION payouts.refuse_handed();

-- An order for a deposit names its people all at once, each with what is theirs.
CREATE FUNCTION payouts.refuse_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added
        INNER JOIN payouts.deposit_order AS made ON made.order_no = added.order_no
        LEFT JOIN awards.owed AS owed
            ON
                owed.award_index = added.award_index AND owed.person_id = added.person_id
                AND owed.currency = made.currency AND owed.amount_minor >= added.amount_minor
        WHERE owed.award_index IS NULL
    ) THEN
        RAISE EXCEPTION 'an order names somebody with what is not theirs'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deposit_ordered_is_owed',
            SCHEMA = 'payouts';
    END IF;
    IF EXISTS (
        SELECT FROM payouts.deposit_order AS made
        INNER JOIN payouts.deposit_ordered AS one ON one.order_no = made.order_no
        WHERE made.order_no = ANY(ARRAY(SELECT DISTINCT added.order_no FROM added))
        GROUP BY made.order_no
        HAVING count(*) <> made.people OR sum(one.amount_minor) <> made.total_minor
    ) THEN
        RAISE EXCEPTION 'an order is not what its people come to'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'deposit_order_adds_up',
            SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER deposit_ordered_is_whole AFTER INSERT ON payouts.deposit_ordered
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_ordered();

-- No amount is less than nothing.
ALTER TABLE payouts.odd_line
    ADD CONSTRAINT odd_line_amount_positive CHECK (amount_minor > 0);
ALTER TABLE payouts.recovery_event
    ADD CONSTRAINT recovery_event_amount_not_negative CHECK (amount_minor >= 0);
ALTER TABLE payouts.answer_pack
    ADD CONSTRAINT answer_pack_is_sealed CHECK (length(sealed) > 0);
ALTER TABLE payouts.answer
    ADD CONSTRAINT answer_is_sealed CHECK (length(sealed) > 0);
ALTER TABLE awards.correction
    ADD CONSTRAINT correction_amounts_not_negative CHECK (
        amount_before_minor >= 0 AND amount_minor >= 0
    );
ALTER TABLE awards.round
    ADD CONSTRAINT round_money_not_negative CHECK (total_minor > 0 AND funding_minor >= 0);
ALTER TABLE payouts.exception
    ADD CONSTRAINT exception_amount_not_negative CHECK (amount_minor >= 0);
