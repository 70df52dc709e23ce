"""Bills line by line against books and answers, the end of a day, the end of a case."""
