"""Join the upstreams' answers into one view per series; pure, the clock is passed in."""
