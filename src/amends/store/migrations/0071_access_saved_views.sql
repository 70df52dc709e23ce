-- Views of lists that an operator saved: a page and the query that narrows and sorts it.
SET lock_timeout = '5s';

CREATE TABLE access.saved_view (
    operator text NOT NULL,
    path text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    saved_at timestamptz NOT NULL,
    CONSTRAINT saved_view_pkey PRIMARY KEY (operator, path, name),
    CONSTRAINT saved_view_of_an_operator FOREIGN KEY (operator)
        REFERENCES governance.operator (name),
    CONSTRAINT saved_view_sized CHECK (
        length(path) BETWEEN 2 AND 60 AND length(name) BETWEEN 1 AND 40 AND length(query) <= 400
    )
);

GRANT SELECT, INSERT, UPDATE (query, saved_at), DELETE ON access.saved_view TO amends_app;
