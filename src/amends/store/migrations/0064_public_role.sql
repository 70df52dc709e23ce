-- The public process may see whose database this is. Everything else is granted where it is made.
SET lock_timeout = '5s';

GRANT USAGE ON SCHEMA store TO amends_public;
GRANT SELECT ON store.case_identity TO amends_public;
