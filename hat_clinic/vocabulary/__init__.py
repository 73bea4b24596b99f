"""Words, ids, quantities, moments and errors: the floor everything stands on."""
