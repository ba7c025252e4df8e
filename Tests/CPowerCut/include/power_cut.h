/* A library to be preloaded (LD_PRELOAD) into a real server: it keeps what the server's syncs have made sure of, so that a test
 * can take the rest away after kill -9, which by itself leaves the kernel's cache alone.
 *
 * POWER_CUT_FOLDER: the server's data folder, without links in its path, on a file system that does not use inode numbers
 * again (tmpfs). POWER_CUT_STORE: a folder of the same kind, outside of it. In it stands for each synced file, under its inode
 * number, what its last sync has covered, and in `names` what the last sync of the folder has covered: a line
 * "NUMBER NAME" each. With POWER_CUT_LIES=1 syncs succeed and keep nothing. */
#pragma once
