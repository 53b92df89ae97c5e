/* Every maximum of the program in one place. Bytes, counts or seconds, as each name says. */
#ifndef JIELI_CRYPTO_LIMITS_H
#define JIELI_CRYPTO_LIMITS_H

enum {
    ENTRY_MAX_BYTES = 65535,          /* uint16 length prefix of C2SP entry bundles */
    ENTRY_MAX_SIGNERS = 4,
    ENTRY_MAX_REFS = 64,              /* law: beyond is void at once */
    ENTRY_HARD_MAX_REFS = 1024,       /* decoder's bound: void entries still decode */
    ENTRY_MAX_PARTS = 32,
    ENTRY_MAX_FACTS = 48,
    CASE_MAX_ENTRIES_PER_MEMBER = 1024, /* law: beyond is void at once */
    FACT_MAX_TEXT_BYTES = 16384,
    FACT_MAX_LIST = 64,
    CBOR_MAX_DEPTH = 8,
    ID_MAX_BYTES = 31,                /* member ids, posts' codes, sector and district codes */
    PERSON_MAX_BYTES = 31,
    POST_MAX_BYTES = 47,
    NAME_MAX_BYTES = 127,             /* display names */
    DOMAIN_MAX_BYTES = 191,
    ORIGIN_MAX_BYTES = 255,           /* signed-note readers */
    NOTE_MAX_BYTES = 131072,
    NOTE_MAX_SIGNATURES = 64,
    NOTE_MAX_SIGNATURE_BYTES = 4096,  /* room for ML-DSA-44 cosignatures */
    PROOF_MAX_HASHES = 64,
    MEMBERS_MAX = 256,
    EPOCHS_MAX = 64,
    LOGS_MAX = 4096,
    OFFICER_MAX_POSTS = 8,
    ROOT_OFFICERS_MAX = 16,
    RECOVERY_MAX = 16,
    DUTY_MAX_ROWS = 256,              /* rows in one duty entry */
    DUTY_MAX_SUPPORTS = 32,
    PACKAGE_ENTRIES = 256,            /* aligned package, also a tile's width */
    PART_MAX_BYTES = 20 * 1024 * 1024,
    COMMIT_MAX_ENTRIES = 512,         /* dirty pages are memory, and pages freed stay in the file */
    FRAME_MAX_BYTES = 17 * 1024 * 1024, /* one package of 256 entries and its proof */
    DESK_FRAME_MAX_BYTES = 24 * 1024 * 1024 + 1, /* type, and what the local socket takes: a part */
    KEYFILE_MAX_BYTES = 4096,
    CONFIG_MAX_BYTES = 65536,
    GENESIS_MAX_BYTES = 65536,
    DRAFTS_MAX = 1024,
    PEERS_MAX = 256,
    DESKS_MAX = 64,                   /* sessions of officers' desks: the other places are peers' */
    DESK_SESSIONS_MAX = 4,            /* of one officer */
    DESK_REQUESTS_PER_MINUTE = 600,   /* of one officer, over all sessions */
    DESK_REQUESTS_BURST = 120,
    DESK_BYTES_PER_MINUTE = 64 * 1024 * 1024,
    DESK_BYTES_BURST = 32 * 1024 * 1024,
    AGENT_KEYS_MAX = 16,
    INVITATIONS_MAX = 64,             /* open, waiting or revoked and not yet expired */
    INVITATION_GUESTS_MAX = 16,       /* sessions by invitation at once */
    DESK_REFUSALS_MAX = 100,          /* for asking too fast: then it is cut off */
    CONTACTS_MAX = 320,               /* members and addresses whose sessions are counted */
    METRICS_MAX_LOGS = 512,           /* series: beyond, logs are counted and not listed */
    WATCHDOG_STUCK_S = 300,           /* nothing ends for so long while dials are tried */
    WATCHDOG_LOOK_S = 5,
    WATCHDOG_GAP_S = 60,              /* between two looks: the process itself stood still */
    HEALTH_STUCK_S = 30,              /* one frame, act or bundle message takes far less */
    HEALTH_ALONE_S = 600,
    NOTIFY_MAX = 10000,               /* events queued: then no entry more is looked at */
    NOTIFY_WINDOW = 16,               /* of them, the oldest, in memory and tried */
    NOTIFY_EVENT_BYTES = 4096,        /* one event, less than a pipe holds */
    NOTIFY_RUN_S = 60,
    NOTIFY_PAUSE_MIN_S = 1,           /* between two tries of one event, doubling */
    NOTIFY_PAUSE_MAX_S = 600,
    NOTIFY_SCAN_ENTRIES = 2048,       /* looked at in one round of the ledger thread */
    NOTIFY_OPEN_PER_LOG = 256,        /* of one log's entries, undecided or not yet delivered */
    NOTIFY_BATCH = 64,                /* events and open entries that share a commit */
    HEALTH_FREE_BYTES = 64 * 1024 * 1024,
};

/* `jieli unlock` keeps a key open for so long. */
#define AGENT_KEEP_S (15 * 60)
/* An invitation is good for 72 hours unless told otherwise, for 30 days at most; the request that
 * came by it waits as long for its admission. */
#define INVITATION_AGE_S (72 * 3600)
#define INVITATION_MAX_AGE_S (30 * 86400)
/* A draft waits this long for its remaining signatures. */
#define DRAFT_MAX_AGE_S (30 * 86400)

#endif
