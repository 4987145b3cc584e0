"""The encrypted local store: keys, database, blobs, audit chain, migrations. Knows nothing of medicine."""
