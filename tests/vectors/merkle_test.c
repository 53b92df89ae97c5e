#include "crypto/merkle.h"
#include "tests/support/vector_file.h"

#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

enum { FILES_MAX = 256, PATH_BYTES = 512 };

struct files { size_t count; char paths[FILES_MAX][PATH_BYTES]; };

/* nftw has no context argument. */
static struct files found;

static int collect(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)where;
    size_t len = strlen(path);
    if (kind != FTW_F || len < 5 || strcmp(path + len - 5, ".json") != 0) {
        return 0;
    }
    if (found.count == FILES_MAX || len >= PATH_BYTES) {
        return -1;
    }
    memcpy(found.paths[found.count++], path, len + 1);
    return 0;
}

struct vector { char text[16384]; json_t *json; struct proof proof; bool whole; };

/* jansson's integers are signed: numbers are taken from the text itself. */
static uint64_t number_at(const struct vector *v, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(v->text, quoted);
    assert_non_null(at);
    return strtoull(at + strlen(quoted), NULL, 10);
}

/* A hash of another length cannot be told to our functions: the vector must then be a bad one. */
static void take_hash(struct vector *v, const json_t *value, struct hash *out)
{
    const char *text = json_string_value(value);
    size_t len = 0;
    *out = (struct hash){{0}};
    if (text == NULL || base64_decode(out->b, HASH_BYTES, text, strlen(text), &len) != OK ||
        len != HASH_BYTES) {
        v->whole = false;
    }
}

static struct hash hash_at(struct vector *v, const char *key)
{
    struct hash out;
    take_hash(v, json_object_get(v->json, key), &out);
    return out;
}

static void vector_load(struct vector *v, const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t i;
    json_t *value;
    assert_non_null(file);
    size_t len = fread(v->text, 1, sizeof v->text - 1, file);
    fclose(file);
    v->text[len] = '\0';
    v->json = json_loadb(v->text, len, JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(v->json);
    v->whole = true;
    v->proof.count = 0;
    json_array_foreach(json_object_get(v->json, "proof"), i, value) {
        assert_true(i < PROOF_MAX_HASHES);
        take_hash(v, value, &v->proof.hashes[v->proof.count++]);
    }
}

static enum err verify_inclusion(struct vector *v)
{
    struct hash leaf = hash_at(v, "leafHash"), root = hash_at(v, "root");
    return merkle_verify_inclusion(number_at(v, "leafIdx"), number_at(v, "treeSize"), &leaf,
                                   &v->proof, &root);
}

static enum err verify_subtree_inclusion(struct vector *v)
{
    struct hash leaf = hash_at(v, "leafHash"), root = hash_at(v, "root");
    return merkle_verify_subtree_inclusion(number_at(v, "leafIdx"), number_at(v, "start"),
                                           number_at(v, "end"), &leaf, &v->proof, &root);
}

static enum err verify_consistency(struct vector *v)
{
    struct hash old_root = hash_at(v, "root1"), root = hash_at(v, "root2");
    return merkle_verify_consistency(number_at(v, "size1"), number_at(v, "size2"), &old_root,
                                     &root, &v->proof);
}

static enum err verify_subtree(struct vector *v)
{
    struct hash inner = hash_at(v, "root1"), root = hash_at(v, "root2");
    return merkle_verify_subtree(number_at(v, "start"), number_at(v, "end"),
                                 number_at(v, "size"), &inner, &root, &v->proof);
}

/* Of the good vectors some name a root that nothing depends on and that is not 32 bytes long. */
static void assert_folder(const char *name, enum err (*verify)(struct vector *v), size_t good,
                          size_t bad)
{
    static struct vector v;
    char path[PATH_BYTES];
    size_t good_seen = 0, bad_seen = 0;
    vector_require(name);
    vector_path(path, sizeof path, name);
    found.count = 0;
    assert_int_equal(nftw(path, collect, 8, FTW_PHYS), 0);
    for (size_t i = 0; i < found.count; i++) {
        vector_load(&v, found.paths[i]);
        bool want_error = json_is_true(json_object_get(v.json, "wantErr"));
        enum err e = verify(&v);
        bool accepted = e == OK && (v.whole || !want_error);
        if (accepted == want_error || (e != OK && e != ERR_PROOF)) {
            fail_msg("%s: %s", found.paths[i], err_name(e));
        }
        good_seen += !want_error;
        bad_seen += want_error;
        json_decref(v.json);
    }
    assert_int_equal(good_seen, good);
    assert_int_equal(bad_seen, bad);
}

static void inclusion_proofs_are_judged_as_stated(void **state)
{
    (void)state;
    assert_folder("merkle/inclusion", verify_inclusion, 6, 92);
}

static void consistency_proofs_are_judged_as_stated(void **state)
{
    (void)state;
    assert_folder("merkle/consistency", verify_consistency, 6, 92);
}

static void subtree_inclusion_proofs_are_judged_as_stated(void **state)
{
    (void)state;
    assert_folder("merkle/subtreeinclusion", verify_subtree_inclusion, 12, 192);
}

static void subtree_consistency_proofs_are_judged_as_stated(void **state)
{
    (void)state;
    assert_folder("merkle/subtreeconsistency", verify_subtree, 12, 106);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inclusion_proofs_are_judged_as_stated),
        cmocka_unit_test(consistency_proofs_are_judged_as_stated),
        cmocka_unit_test(subtree_inclusion_proofs_are_judged_as_stated),
        cmocka_unit_test(subtree_consistency_proofs_are_judged_as_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
