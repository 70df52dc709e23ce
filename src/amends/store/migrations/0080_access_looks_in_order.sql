-- Looks at a person in the order in which they were written down, which is the order they are published in.
SET lock_timeout = '5s';

CREATE OR REPLACE VIEW access.looked_at AS
SELECT
    person_id,
    fields,
    ground,
    occurred_at,
    reveal_no
FROM access.reveal;
