"""What the process runs on: clock, threads, event loop, garbage collector, sockets and its end."""
