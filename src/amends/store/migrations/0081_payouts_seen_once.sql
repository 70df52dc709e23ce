-- New instructions are gone through once for everything that they have to be, also whether they came
-- before their plan was approved.
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
BEGIN
    SELECT
        min(used.lowest),
        max(used.highest),
        sum(used.instructions),
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
    INTO lowest, highest, instructions, wrong
    FROM (
        SELECT
            chunk_no,
            count(*) AS instructions,
            string_agg(instruction_id, '') AS letters,
            min(octet_length(instruction_id)) AS shortest,
            max(octet_length(instruction_id)) AS longest,
            min(award_index) AS lowest,
            max(award_index) AS highest
        FROM added GROUP BY chunk_no
    ) AS used
    LEFT JOIN payouts.chunk ON chunk.chunk_no = used.chunk_no
    LEFT JOIN payouts.plan ON plan.plan_no = chunk.plan_no;
    IF wrong IS NULL AND instructions > 0 THEN
        SELECT count(*) FILTER (WHERE award.currency = added.currency) INTO of_awards
        FROM added INNER JOIN awards.award ON award.award_index = added.award_index
        WHERE award.award_index BETWEEN lowest AND highest;
        IF of_awards <> instructions THEN
            wrong := 'instruction_award_known';
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

DROP TRIGGER instruction_before_approval ON payouts.payment;
DROP FUNCTION payouts.refuse_late_instruction();
