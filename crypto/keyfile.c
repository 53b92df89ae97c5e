#include "crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[8] = {'J', 'I', 'E', 'L', 'I', 'K', 'E', 'Y'};

enum { KEYFILE_VERSION = 1, SECRET_BYTES = 32, CHECKSUM_BYTES = 32 };
enum { PROTECTION_NONE = 0, PROTECTION_PASSPHRASE = 1 };
enum { AT_VERSION = 8, AT_KIND = 9, AT_PROTECTION = 10, HEADER_BYTES = 11 };
enum {
    PLAIN_BYTES = HEADER_BYTES + SECRET_BYTES + CHECKSUM_BYTES,
    AT_SALT = HEADER_BYTES,
    AT_NONCE = AT_SALT + crypto_pwhash_SALTBYTES,
    AT_BOX = AT_NONCE + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEALED_BYTES = AT_BOX + SECRET_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
};
static const unsigned long long ARGON_PASSES = 3;
static const size_t ARGON_BYTES = 256u << 20;

struct image { uint8_t bytes[SEALED_BYTES + 1]; size_t len; };

static void header_encode(struct image *image, enum keyfile_kind kind, uint8_t protection)
{
    memcpy(image->bytes, MAGIC, sizeof MAGIC);
    image->bytes[AT_VERSION] = KEYFILE_VERSION;
    image->bytes[AT_KIND] = (uint8_t)kind;
    image->bytes[AT_PROTECTION] = protection;
}

static void plain_checksum(const struct image *image, uint8_t out[CHECKSUM_BYTES])
{
    crypto_hash_sha256(out, image->bytes, HEADER_BYTES + SECRET_BYTES);
}

static void plain_encode(struct image *image, enum keyfile_kind kind, const uint8_t *secret)
{
    header_encode(image, kind, PROTECTION_NONE);
    memcpy(image->bytes + HEADER_BYTES, secret, SECRET_BYTES);
    plain_checksum(image, image->bytes + HEADER_BYTES + SECRET_BYTES);
    image->len = PLAIN_BYTES;
}

static enum err plain_decode(const struct image *image, uint8_t *secret)
{
    uint8_t checksum[CHECKSUM_BYTES];
    plain_checksum(image, checksum);
    if (memcmp(checksum, image->bytes + HEADER_BYTES + SECRET_BYTES, CHECKSUM_BYTES) != 0) {
        return ERR_FORMAT;
    }
    memcpy(secret, image->bytes + HEADER_BYTES, SECRET_BYTES);
    return OK;
}

static enum err derive(const struct image *image, const char *passphrase, uint8_t *key)
{
    int result = crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, passphrase,
                               strlen(passphrase), image->bytes + AT_SALT, ARGON_PASSES,
                               ARGON_BYTES, crypto_pwhash_ALG_ARGON2ID13);
    return result == 0 ? OK : ERR_NOMEM;
}

static enum err sealed_encode(struct image *image, enum keyfile_kind kind, const uint8_t *secret,
                              const char *passphrase)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    if (passphrase[0] == '\0') {
        return ERR_PASSPHRASE;
    }
    header_encode(image, kind, PROTECTION_PASSPHRASE);
    random_bytes(image->bytes + AT_SALT, AT_BOX - AT_SALT);
    enum err e = derive(image, passphrase, key);
    if (e == OK) {
        crypto_aead_xchacha20poly1305_ietf_encrypt(image->bytes + AT_BOX, NULL, secret,
                                                   SECRET_BYTES, image->bytes, AT_BOX, NULL,
                                                   image->bytes + AT_NONCE, key);
        image->len = SEALED_BYTES;
    }
    wipe(key, sizeof key);
    return e;
}

static enum err sealed_decode(const struct image *image, const char *passphrase, uint8_t *secret)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t opened[SECRET_BYTES];
    if (passphrase == NULL) {
        return ERR_PASSPHRASE;
    }
    enum err e = derive(image, passphrase, key);
    if (e == OK && crypto_aead_xchacha20poly1305_ietf_decrypt(
                       opened, NULL, NULL, image->bytes + AT_BOX, SEALED_BYTES - AT_BOX,
                       image->bytes, AT_BOX, image->bytes + AT_NONCE, key) != 0) {
        e = ERR_PASSPHRASE;
    }
    if (e == OK) {
        memcpy(secret, opened, SECRET_BYTES);
    }
    wipe(opened, sizeof opened);
    wipe(key, sizeof key);
    return e;
}

static enum err write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_from_errno(errno);
        }
        bytes += n;
        len -= (size_t)n;
    }
    return OK;
}

static enum err folder_flush(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *folder = len == 0 ? strdup(".") : strndup(path, len);
    if (folder == NULL) {
        return ERR_NOMEM;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = fd < 0 || fsync(fd) != 0 ? err_from_errno(errno) : OK;
    if (fd >= 0) {
        close(fd);
    }
    free(folder);
    return e;
}

static enum err image_write(const char *path, const struct image *image)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    enum err e = fchmod(fd, 0600) != 0 ? err_from_errno(errno) : OK;
    if (e == OK) {
        e = write_all(fd, image->bytes, image->len);
    }
    if (e == OK && fsync(fd) != 0) {
        e = err_from_errno(errno);
    }
    if (close(fd) != 0 && e == OK) {
        e = err_from_errno(errno);
    }
    if (e == OK) {
        e = folder_flush(path);
    }
    if (e != OK) {
        unlink(path);
    }
    return e;
}

enum err keyfile_create(const char *path, enum keyfile_kind kind, const uint8_t secret[32],
                        const char *passphrase)
{
    struct image image;
    enum err e = OK;
    if (passphrase == NULL) {
        plain_encode(&image, kind, secret);
    } else {
        e = sealed_encode(&image, kind, secret, passphrase);
    }
    if (e == OK) {
        e = image_write(path, &image);
    }
    wipe(&image, sizeof image);
    return e;
}

static enum err mode_check(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_from_errno(errno);
    }
    bool ours = S_ISREG(st.st_mode) && st.st_uid == geteuid();
    return ours && (st.st_mode & 07777 & ~0600u) == 0 ? OK : ERR_PERMISSION;
}

static enum err read_all(int fd, struct image *image)
{
    image->len = 0;
    while (image->len < sizeof image->bytes) {
        ssize_t n = read(fd, image->bytes + image->len, sizeof image->bytes - image->len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_from_errno(errno);
        }
        if (n == 0) {
            break;
        }
        image->len += (size_t)n;
    }
    return OK;
}

static enum err header_check(const struct image *image)
{
    if (image->len < HEADER_BYTES || memcmp(image->bytes, MAGIC, sizeof MAGIC) != 0) {
        return ERR_FORMAT;
    }
    if (image->bytes[AT_VERSION] != KEYFILE_VERSION) {
        return ERR_UNSUPPORTED;
    }
    switch (image->bytes[AT_PROTECTION]) {
    case PROTECTION_NONE: return image->len == PLAIN_BYTES ? OK : ERR_FORMAT;
    case PROTECTION_PASSPHRASE: return image->len == SEALED_BYTES ? OK : ERR_FORMAT;
    default: return ERR_FORMAT;
    }
}

static enum err image_read(const char *path, struct image *image)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    enum err e = mode_check(fd);
    if (e == OK) {
        e = read_all(fd, image);
    }
    close(fd);
    return e == OK ? header_check(image) : e;
}

enum err keyfile_read(const char *path, enum keyfile_kind kind, const char *passphrase,
                      uint8_t secret[32])
{
    struct image image;
    enum err e = image_read(path, &image);
    if (e == OK && image.bytes[AT_KIND] != kind) {
        e = ERR_KEY;
    }
    if (e == OK && image.bytes[AT_PROTECTION] == PROTECTION_NONE) {
        e = plain_decode(&image, secret);
    } else if (e == OK) {
        e = sealed_decode(&image, passphrase, secret);
    }
    wipe(&image, sizeof image);
    return e;
}

enum err keyfile_encrypted(const char *path, bool *encrypted)
{
    struct image image;
    enum err e = image_read(path, &image);
    if (e == OK) {
        *encrypted = image.bytes[AT_PROTECTION] != PROTECTION_NONE;
    }
    wipe(&image, sizeof image);
    return e;
}

enum keyfile_fault keyfile_fault(const char *path, unsigned *mode)
{
    struct stat st;
    *mode = 0;
    if (lstat(path, &st) != 0) {
        return KEYFILE_ABSENT;
    }
    *mode = (unsigned)st.st_mode & 07777;
    if (!S_ISREG(st.st_mode)) {
        return KEYFILE_NOT_PLAIN;
    }
    if (st.st_uid != geteuid()) {
        return KEYFILE_OTHER_OWNER;
    }
    if ((*mode & ~0600u) != 0) {
        return KEYFILE_WIDE_MODE;
    }
    return (*mode & 0400u) != 0 ? KEYFILE_FINE : KEYFILE_NO_READ;
}
