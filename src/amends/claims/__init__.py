"""Claims of loss, time and costs: taken in, judged by the tariff, decided, granted on top of it."""
