-- Each line of a pack has all its fields now. Packs are made of pages, and can be made again.
SET lock_timeout = '5s';

DELETE FROM payouts.payee_pack;
