"""The law of equivalence, tried on hundreds of small programs: linear against pipeline, in forked processes."""
