"""The typed HTTP client: signing, receipts, kept heads and the outbox."""
