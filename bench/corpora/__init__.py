"""Made-up corpora for benchmarks. They share no code and no word list with what is measured."""
