/* A disk for tests that forgets (an SQLite VFS over the default one). What SQLite writes goes into the file, as into the
 * kernel's cache; only a sync that succeeds brings it into a second file, `NAME.disk`, which is what a crash leaves. A sync
 * that fails brings a part of it there and calls all of it clean, as Linux does (the "fsyncgate" of 2018).
 * One thread at a time: state is global. */
#pragma once

/* Registers the VFS "faulty", once. 0: done. */
int faulty_disk_register(void);

/* From now on one of so many syncs fails, drawn from the seed; 0: none fails. */
void faulty_disk_fail_one_of(unsigned n, unsigned long long seed);

/* Syncs that have failed since the start. */
unsigned faulty_disk_failures(void);
