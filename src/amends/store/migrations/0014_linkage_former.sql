-- Who was found to be one with somebody is so until found apart again, whether affected or not, and
-- also while the account that gave the name is closed. Both are read from history as it was written.
SET lock_timeout = '5s';

CREATE VIEW linkage.merged AS
SELECT DISTINCT ON (moved.earlier_id)
    moved.earlier_id,
    moved.person_id
FROM linkage.moved AS moved
WHERE
    moved.change = 'merged'
    AND NOT EXISTS (
        SELECT 1 FROM linkage.moved AS apart
        WHERE
            apart.change = 'split'
            AND apart.person_id = moved.earlier_id
            AND apart.run_no > moved.run_no
    )
ORDER BY moved.earlier_id ASC, moved.run_no DESC;

COMMENT ON VIEW linkage.merged IS
    'Who is one with somebody else, as last said of each, and not found apart since.';

CREATE OR REPLACE VIEW linkage.former AS
WITH RECURSIVE onward (earlier_id, person_id) AS (
    SELECT merged.earlier_id, merged.person_id FROM linkage.merged AS merged
    UNION
    SELECT onward.earlier_id, merged.person_id
    FROM onward
    INNER JOIN linkage.merged AS merged ON onward.person_id = merged.earlier_id
)

SELECT DISTINCT onward.earlier_id, onward.person_id FROM onward;

GRANT SELECT ON linkage.merged TO amends_app;
