"""Token shards and the three stages of training."""
