"""Who is told what, in Chinese and English; letters into an outbox."""
