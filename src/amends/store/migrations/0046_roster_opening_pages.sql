-- What is sealed of awards stands in pages. A row of before is a page of one: it opens as it was sealed.
SET lock_timeout = '5s';

CREATE TABLE roster.opening_page (
    first_award integer NOT NULL,
    first_entry bigint NOT NULL,
    openings integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT opening_page_pkey PRIMARY KEY (first_award),
    CONSTRAINT opening_page_entry_once UNIQUE (first_entry),
    CONSTRAINT opening_page_entry_exists FOREIGN KEY (first_entry)
        REFERENCES roster.entry (entry_index),
    CONSTRAINT opening_page_not_empty CHECK (first_award >= 0 AND openings > 0),
    CONSTRAINT opening_page_awards_once
        EXCLUDE USING gist (int4range(first_award, first_award + openings) WITH &&),
    CONSTRAINT opening_page_entries_once
        EXCLUDE USING gist (int8range(first_entry, first_entry + openings) WITH &&)
);

COMMENT ON TABLE roster.opening_page IS
    'Seeds, categories and closed digests behind AWARD entries that follow each other, sealed together.';

-- What is sealed does not get smaller.
ALTER TABLE roster.opening_page ALTER COLUMN sealed SET STORAGE EXTERNAL;

INSERT INTO roster.opening_page (first_award, first_entry, openings, sealed)
SELECT award_index, entry_index, 1, sealed FROM roster.opening;

DROP TABLE roster.opening;

-- The place of an award's entry in the log.
CREATE FUNCTION roster.place_of(award integer) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
AS $$
    SELECT page.first_entry + award - page.first_award
    FROM roster.opening_page AS page
    WHERE page.first_award <= award AND page.first_award + page.openings > award
    ORDER BY page.first_award DESC LIMIT 1
$$;

GRANT SELECT, INSERT ON roster.opening_page TO amends_app;
