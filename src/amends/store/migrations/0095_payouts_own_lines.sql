-- A line under a number that an earlier one has is a line of its own where it is of another payment or
-- amount: repeated is what says the same once more.
SET lock_timeout = '5s';

ALTER TABLE payouts.odd_line
DROP CONSTRAINT odd_line_repeated_is_a_repeat,
ADD CONSTRAINT odd_line_repeated_is_a_repeat CHECK (repeat > 0 OR class <> 'repeated');

COMMENT ON COLUMN payouts.odd_line.repeat IS
'How many lines stood before it under the same number of its own.';
