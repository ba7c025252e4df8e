// The control hall's one public entry: requests, watches and tokens come in here; answers and notices leave
// through the two sinks. Every function may be called from any thread and never blocks on disk.
