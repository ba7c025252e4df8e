// SQLite's C interface, as Debian ships it (libsqlite3-dev). Only Persistence/ imports this module.
#pragma once
#include <sqlite3.h>
