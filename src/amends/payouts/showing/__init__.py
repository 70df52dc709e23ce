"""What people are shown of payments: lists, the funnel, one payment from decision to receipt."""
