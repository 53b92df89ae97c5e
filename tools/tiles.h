/* One log of the ledger as C2SP tlog-tiles files: checkpoint, tile/<L>/<N>[.p/<W>] and
 * tile/entries/<N>[.p/<W>], from the bytes of the entries. */
#ifndef JIELI_TOOLS_TILES_H
#define JIELI_TOOLS_TILES_H

#include "ledger/log/log.h"

/* "000" … "999", "x001/000" …: N in groups of three digits, all but the last marked by x. */
enum { TILE_NUMBER_BYTES = 48 };
void tile_number(uint64_t n, char out[TILE_NUMBER_BYTES]);

/* Writes what the log's newest checkpoint covers into the folder `out`, which is made; files
 * that are there are replaced, the checkpoint last. *size: entries written. ERR_NOTFOUND: the
 * log has no checkpoint; ERR_GAP: not all that it covers is held; ERR_CORRUPT: the entries do
 * not give its root; ERR_PERMISSION, ERR_IO, ERR_DISK_FULL. */
MUST_CHECK enum err tiles_export(struct txn *t, const struct log *log, const char *out,
                                 uint64_t *size);

#endif
