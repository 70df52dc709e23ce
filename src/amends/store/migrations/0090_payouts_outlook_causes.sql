-- Why the promise cannot be kept, and what moving payments would do; which rails carry nothing at present.
SET lock_timeout = '5s';

ALTER TABLE payouts.outlook
ADD COLUMN by_nobody integer NOT NULL DEFAULT 0,
ADD COLUMN by_stopped integer NOT NULL DEFAULT 0,
ADD COLUMN stopped text [] NOT NULL DEFAULT '{}',
ADD COLUMN movable integer NOT NULL DEFAULT 0,
ADD COLUMN late_moved integer,
ADD CONSTRAINT outlook_parts_of_late CHECK (
    by_nobody >= 0 AND by_stopped >= 0 AND by_nobody + by_stopped <= late
),
ADD CONSTRAINT outlook_movable_not_negative CHECK (movable >= 0),
ADD CONSTRAINT outlook_late_moved_of_people CHECK (late_moved BETWEEN 0 AND people);

COMMENT ON COLUMN payouts.outlook.by_nobody IS 'Of the late: whom no rail of the case can carry.';
COMMENT ON COLUMN payouts.outlook.by_stopped IS 'Of the late: who wait for a rail that carries nothing.';
COMMENT ON COLUMN payouts.outlook.movable IS 'Payments that another rail can carry sooner, by a further account.';
COMMENT ON COLUMN payouts.outlook.late_moved IS 'How many are late where these are moved; NULL: none can be.';

CREATE TABLE payouts.rail_turn (
    turn_no integer NOT NULL,
    rail text NOT NULL,
    works boolean NOT NULL,
    silent boolean NOT NULL,
    code text NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT rail_turn_pkey PRIMARY KEY (turn_no),
    CONSTRAINT rail_turn_says_why CHECK (works = (code = '') AND NOT (works AND silent))
);

COMMENT ON TABLE payouts.rail_turn IS 'A rail stops, or works again. The newest row of a rail counts; without one it works.';
COMMENT ON COLUMN payouts.rail_turn.silent IS 'It gives no usable answer; else it said that nothing of ours passes.';

GRANT SELECT, INSERT ON payouts.rail_turn TO amends_app;

SELECT store.let_stay('payouts', name)
FROM (VALUES ('outlook'), ('rail_turn')) AS changed (name);
