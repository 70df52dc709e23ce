-- New instructions are looked at at less cost. Where every award from the lowest to the highest is
-- there, in the one currency that they have, none has to be looked for by itself. And what every
-- planned instruction fulfils is asked of it first.
SET lock_timeout = '5s';

CREATE OR REPLACE FUNCTION payouts.refuse_payment() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop TO off
SET enable_seqscan TO off AS $$
DECLARE
    wrong text;
    lowest integer;
    highest integer;
    instructions bigint;
    of_awards bigint;
    first_currency text;
    last_currency text;
BEGIN
    SELECT
        min(used.lowest),
        max(used.highest),
        sum(used.instructions),
        min(used.currency),
        max(used.currency),
        max(
            CASE
                WHEN used.letters ~ '[^0-9A-Za-z]' OR used.shortest < 1 OR used.longest > 32
                    THEN 'instruction_number_form'
                WHEN
                    chunk.chunk_no IS NULL
                    OR used.lowest < chunk.first_award OR used.highest > chunk.last_award
                    THEN 'instruction_chunk_known'
                WHEN plan.approved_at IS NOT NULL THEN 'instruction_before_approval'
            END
        )
    INTO lowest, highest, instructions, first_currency, last_currency, wrong
    FROM (
        SELECT
            chunk_no,
            currency,
            count(*) AS instructions,
            string_agg(instruction_id, '') AS letters,
            min(octet_length(instruction_id)) AS shortest,
            max(octet_length(instruction_id)) AS longest,
            min(award_index) AS lowest,
            max(award_index) AS highest
        FROM added GROUP BY chunk_no, currency
    ) AS used
    LEFT JOIN payouts.chunk ON chunk.chunk_no = used.chunk_no
    LEFT JOIN payouts.plan ON plan.plan_no = chunk.plan_no;
    IF wrong IS NULL AND instructions > 0 THEN
        IF first_currency = last_currency AND highest::bigint - lowest < 2 * instructions THEN
            SELECT count(*) INTO of_awards
            FROM awards.award
            WHERE award.award_index BETWEEN lowest AND highest AND award.currency = first_currency;
        END IF;
        IF of_awards IS DISTINCT FROM highest::bigint - lowest + 1 THEN
            SELECT count(*) FILTER (WHERE award.currency = added.currency) INTO of_awards
            FROM added INNER JOIN awards.award ON award.award_index = added.award_index
            WHERE award.award_index BETWEEN lowest AND highest;
            IF of_awards <> instructions THEN
                wrong := 'instruction_award_known';
            END IF;
        END IF;
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'new instructions violate %', wrong
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = wrong,
            SCHEMA = 'payouts', TABLE = 'payment';
    END IF;
    RETURN NULL;
END
$$;

ALTER TABLE payouts.payment
    DROP CONSTRAINT instruction_state_known,
    DROP CONSTRAINT instruction_hash_before_sending,
    DROP CONSTRAINT instruction_settled_has_time,
    ADD CONSTRAINT instruction_state_known CHECK (
        state = 'planned'
        OR state IN (
            'sending', 'unknown', 'accepted', 'settled', 'returned', 'refused', 'superseded'
        )
    ),
    ADD CONSTRAINT instruction_hash_before_sending CHECK (
        state = 'planned'
        OR state NOT IN ('sending', 'unknown', 'accepted', 'settled', 'returned')
        OR (
            request_sha256 IS NOT NULL AND sent_at IS NOT NULL
            AND last_sent_at IS NOT NULL AND attempts > 0
        )
    ),
    ADD CONSTRAINT instruction_settled_has_time CHECK (
        state = 'planned'
        OR (
            (state NOT IN ('settled', 'returned') OR settled_at IS NOT NULL)
            AND (state <> 'returned' OR returned_at IS NOT NULL)
        )
    );
