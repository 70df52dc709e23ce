-- A case that shows counts alone says in COUNTS how many awards there are of each class.
SET lock_timeout = '5s';

ALTER TABLE roster.entry
DROP CONSTRAINT entry_length_of_its_type,
ADD CONSTRAINT entry_length_of_its_type CHECK (
    length(body) = CASE get_byte(body, 0)
        WHEN 0 THEN 33 WHEN 1 THEN 46 WHEN 2 THEN 45 WHEN 3 THEN 50 WHEN 4 THEN 165 WHEN 5 THEN 47
        WHEN 6 THEN 41 WHEN 8 THEN 69 WHEN 9 THEN 33 WHEN 10 THEN 41
    END
);
