"""Join what the upstreams said into one view per series; pure, the clock is passed in."""
