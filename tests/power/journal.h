/* The journal of a recorded process: what it wrote below a folder, in order, with the flushes that
 * make it durable and the marks of what its clients were told. Written by recorder.c (in the
 * process) and power_mark (its client), both appending whole records to one file; read by model.c.
 *
 * A record: struct power_record, then `path_len` and `other_len` bytes of paths below the folder,
 * then `data_len` bytes. In the machine's own byte order: it never leaves the machine. */
#ifndef JIELI_TESTS_POWER_JOURNAL_H
#define JIELI_TESTS_POWER_JOURNAL_H

#include <stdint.h>

enum power_op {
    POWER_OPEN = 1,       /* an existing file: inode, path */
    POWER_CREATE,         /* a new file: inode, path */
    POWER_WRITE,          /* inode, offset, data; with POWER_DSYNC a DONE follows */
    POWER_DONE,           /* the last POWER_DSYNC write of the inode is durable */
    POWER_SYNC,           /* all earlier writes and lengths of the inode are durable */
    POWER_LENGTH,         /* inode, offset: the new length */
    POWER_RENAME,         /* path to other */
    POWER_UNLINK, POWER_MKDIR,
    POWER_SYNC_FOLDER,    /* path: all earlier changes of names in it are durable */
    POWER_MARK,           /* data: what a client was told */
};
enum { POWER_MAGIC = 0x4a504f57, POWER_DSYNC = 1 };

struct power_record {
    uint32_t magic;
    uint8_t op, flags;
    uint16_t path_len, other_len, reserved;
    uint32_t data_len;
    uint64_t inode, offset;
};

#endif
