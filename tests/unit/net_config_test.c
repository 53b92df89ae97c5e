#include "net/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LEDGER "ledger = 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

static enum err parse(const char *text, struct config *c, struct config_error *error)
{
    return config_parse(c, span_of(text, strlen(text)), error);
}

static void refused(const char *text, unsigned line, const char *word)
{
    struct config c;
    struct config_error error;
    assert_int_equal(parse(text, &c, &error), ERR_CONFIG);
    if (error.line != line || strstr(error.text, word) == NULL) {
        print_error("%s\n-> line %u: %s\n", text, error.line, error.text);
    }
    assert_int_equal(error.line, line);
    assert_non_null(strstr(error.text, word));
}

static void whole_file_is_read(void **state)
{
    (void)state;
    struct config c;
    struct config_error error;
    const char *text = "; a comment\n[node]\nmember = zhujian\n" LEDGER
                       "listen = 127.0.0.1:7311, [::1]:7311\n  peer = 127.0.0.1:7312 ; first\n"
                       "peer=127.0.0.1:7313\n\n[ipc]\nmode = 0660\nallow = 1000, wang.li\n"
                       "socket = /run/jieli/a.sock\n[log]\r\nlevel = debug\r\n"
                       "[http]\nlisten = 127.0.0.1:9311\n[notify]\nrun = /usr/bin/tell\n";
    assert_int_equal(parse(text, &c, &error), OK);
    assert_string_equal(c.member, "zhujian");
    assert_int_equal(c.ledger.b[31], 0xff);
    assert_int_equal(c.listen_count, 2);
    assert_string_equal(c.listen[1], "[::1]:7311");
    assert_int_equal(c.peer_count, 2);
    assert_string_equal(c.peers[0], "127.0.0.1:7312");
    assert_string_equal(c.peers[1], "127.0.0.1:7313");
    assert_int_equal(c.ipc_mode, 0660);
    assert_int_equal(c.allow_count, 2);
    assert_string_equal(c.allow[1], "wang.li");
    assert_string_equal(c.socket, "/run/jieli/a.sock");
    assert_int_equal(c.level, LEVEL_DEBUG);
    assert_string_equal(c.http_listen, "127.0.0.1:9311");
    assert_string_equal(c.notify_run, "/usr/bin/tell");
}

static void what_is_not_said_has_its_default(void **state)
{
    (void)state;
    struct config c;
    struct config_error error;
    assert_int_equal(parse("[node]\nmember = a\n" LEDGER, &c, &error), OK);
    assert_string_equal(c.member, "a");
    assert_int_equal(c.ipc_mode, 0600);
    assert_string_equal(c.socket, "jielid.sock");
    assert_int_equal(c.level, LEVEL_INFO);
    assert_int_equal(c.listen_count + c.peer_count + c.allow_count, 0);
    assert_string_equal(c.http_listen, "");
    assert_string_equal(c.notify_run, "");
}

static void member_and_ledger_must_be_said(void **state)
{
    (void)state;
    refused("; ours\n[node]\n" LEDGER "[log]\n[node]\n", 2, "member is missing");
    refused("[log]\n[node]\nmember = a\n", 2, "ledger is missing");
    refused("[log]\n", 0, "ledger is missing");
}

static void place_of_an_error_names_a_line_only_where_there_is_one(void **state)
{
    (void)state;
    char place[CONFIG_PLACE_BYTES];
    config_error_place(&(struct config_error){.line = 12}, "/h/jieli.conf", place);
    assert_string_equal(place, "/h/jieli.conf:12");
    config_error_place(&(struct config_error){.line = 0}, "/h/jieli.conf", place);
    assert_string_equal(place, "/h/jieli.conf");
}

static void typo_is_named_with_its_line(void **state)
{
    (void)state;
    refused("[node]\n" LEDGER "\nmenber = a\n", 4, "menber");
    refused("[node]\n" LEDGER "[icp]\n", 3, "icp");
    refused("[node]\n" LEDGER "[icp]\nmode = 0600\n", 3, "icp");
    refused("[node]\n" LEDGER "[log\nlevel = info\n", 3, "]");
    refused("[node]\n" LEDGER "[log] level = info\n", 3, "own line");
    refused("[node]\n" LEDGER "nonsense\n", 3, "key = value");
    refused("[node]\n" LEDGER "[ipc]\nlevel = info\n", 4, "level");
    refused("member = a\n", 1, "before any section");
    refused("[node]\n" LEDGER "Member = a\n", 3, "Member");
}

static void each_folder_section_is_a_peer(void **state)
{
    (void)state;
    struct config c;
    struct config_error error;
    struct buffer text = {0};
    const char *head = "[node]\nmember = a\n" LEDGER;
    char file[1024];
    snprintf(file, sizeof file, "%s[folder]\nout = /srv/gate out\n[folder]\nin = /mnt/disc\n"
             "out = /srv/x\nevery = 1\nagain = 0\n", head);
    assert_int_equal(parse(file, &c, &error), OK);
    assert_int_equal(c.folder_count, 2);
    assert_string_equal(c.folders[0].out, "/srv/gate out");
    assert_string_equal(c.folders[0].in, "");
    assert_int_equal(c.folders[0].every_s, 60);
    assert_int_equal(c.folders[0].again_h, 24);
    assert_string_equal(c.folders[1].in, "/mnt/disc");
    assert_int_equal(c.folders[1].every_s, 1);
    assert_int_equal(c.folders[1].again_h, 0);
    assert_int_equal(config_format(&c, &text), OK);
    struct config back;
    assert_int_equal(config_parse(&back, buffer_span(&text), &error), OK);
    assert_memory_equal(back.folders, c.folders, sizeof c.folders);
    buffer_clear(&text);
    refused("[node]\nmember = a\n" LEDGER "[folder]\nevery = 5\n", 4, "neither");
    refused("[node]\nmember = a\n" LEDGER "[folder]\nin = /a\n\n[folder]\n[log]\n", 7,
            "neither");
    refused("[node]\n" LEDGER "[folder]\nout = here\n", 4, "absolute");
    refused("[node]\n" LEDGER "[folder]\nin = /a\nin = /b\n", 5, "twice");
    refused("[node]\n" LEDGER "[folder]\nout = /a\n[folder]\nout = /a\n", 6, "twice");
    refused("[node]\n" LEDGER "[folder]\nevery = 0\n", 4, "from 1");
    refused("[node]\n" LEDGER "[folder]\nagain = 9999\n", 4, "8760");
    refused("[node]\n" LEDGER "[folder]\nagain = -1\n", 4, "8760");
    refused("[folder]\n[folder]\n[folder]\n[folder]\n[folder]\n[folder]\n[folder]\n[folder]\n"
            "[folder]\n", 9, "more than 8");
}

static void key_that_stands_twice_is_refused(void **state)
{
    (void)state;
    refused("[node]\n" LEDGER "member = a\nmember = b\n", 4, "twice");
    refused("[node]\n" LEDGER "peer = 127.0.0.1:1\npeer = 127.0.0.1:1\n", 4, "twice");
}

static void value_outside_its_field_is_refused(void **state)
{
    (void)state;
    refused("[node]\nledger = 0011\n", 2, "64");
    refused("[node]\nmember = 9a\n", 2, "member id");
    refused("[node]\nmember =\n", 2, "member id");
    refused("[node]\nlisten = 127.0.0.1\n", 2, "no numeric");
    refused("[node]\nlisten = 127.0.0.1:0\n", 2, "no numeric");
    refused("[node]\nlisten = 127.0.0.1:65536\n", 2, "no numeric");
    refused("[node]\nlisten = ::1:7311\n", 2, "no numeric");
    refused("[node]\nlisten = [::1:7311\n", 2, "no numeric");
    refused("[node]\nlisten = [:7311\n", 2, "no numeric");
    refused("[node]\npeer = 127.0.0.1:1,,127.0.0.1:2\n", 2, "no numeric");
    refused("[node]\nlisten = example.org:7311\n", 2, "no numeric");
    refused("[ipc]\nmode = 600x\n", 2, "octal");
    refused("[ipc]\nmode = 0400\n", 2, "owner");
    refused("[ipc]\nmode = 7777\n", 2, "0777");
    refused("[ipc]\nallow = a b/c\nallow = ../x\n", 2, "no uid");
    refused("[ipc]\nsocket =\n", 2, "path");
    refused("[log]\nlevel = loud\n", 2, "loud");
    refused("[log]\nlevel = info\n", 0, "ledger is missing");
}

static void http_is_for_the_loopback_alone(void **state)
{
    (void)state;
    refused("[http]\nlisten = 0.0.0.0:9311\n", 2, "this machine");
    refused("[http]\nlisten = 192.0.2.7:9311\n", 2, "this machine");
    refused("[http]\nlisten = [::]:9311\n", 2, "this machine");
    refused("[http]\nlisten = [2001:db8::1]:9311\n", 2, "this machine");
    refused("[http]\nlisten = localhost:9311\n", 2, "no numeric");
    refused("[http]\nlisten = 127.0.0.1\n", 2, "no numeric");
    refused("[http]\nlisten = 127.0.0.1:1\nlisten = 127.0.0.1:2\n", 3, "twice");
    refused("[http]\nlisten = [::1]:9311\n", 0, "ledger is missing");
    refused("[http]\nlisten = 127.1.2.3:9311\n", 0, "ledger is missing");
}

static void program_to_notify_is_one_absolute_path(void **state)
{
    (void)state;
    refused("[notify]\nrun = tell\n", 2, "absolute");
    refused("[notify]\nrun = ./tell\n", 2, "absolute");
    refused("[notify]\nrun =\n", 2, "absolute");
    refused("[notify]\nrun = /bin/sh -c evil\n", 2, "absolute");
    refused("[notify]\nrun = /bin/tell\n", 0, "ledger is missing");
}

static void indented_line_is_no_continuation(void **state)
{
    (void)state;
    refused("[node]\n" LEDGER "member = a\n   garbage\n", 4, "key = value");
}

static void long_line_and_zero_byte_are_refused(void **state)
{
    (void)state;
    struct config c;
    struct config_error error;
    char text[400] = "[node]\n; ";
    memset(text + 9, 'x', sizeof text - 10);
    refused(text, 2, "longer");
    const char zero[] = "[node]\nmember = a\0b\n";
    assert_int_equal(config_parse(&c, span_of(zero, sizeof zero - 1), &error), ERR_CONFIG);
    assert_int_equal(error.line, 2);
}

static void file_over_its_limit_is_refused(void **state)
{
    (void)state;
    struct config c;
    struct config_error error;
    char *text = malloc(CONFIG_MAX_BYTES + 1);
    assert_non_null(text);
    memset(text, '\n', CONFIG_MAX_BYTES + 1);
    const char head[] = "[node]\nmember = a\n" LEDGER;
    memcpy(text, head, sizeof head - 1);
    assert_int_equal(config_parse(&c, span_of(text, CONFIG_MAX_BYTES), &error), OK);
    assert_int_equal(config_parse(&c, span_of(text, CONFIG_MAX_BYTES + 1), &error), ERR_CONFIG);
    free(text);
}

static void more_addresses_than_the_limit_are_refused(void **state)
{
    (void)state;
    char text[1024] = "[node]\n" LEDGER;
    for (unsigned i = 0; i <= CONFIG_MAX_LISTEN; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "listen = 127.0.0.1:%u\n", i + 1);
    }
    refused(text, 3 + CONFIG_MAX_LISTEN, "more than");
}

static void written_file_reads_back_the_same(void **state)
{
    (void)state;
    char home[] = "/tmp/jieli-config-XXXXXX", path[64];
    struct config a, b;
    struct config_error error;
    struct stat st;
    assert_non_null(mkdtemp(home));
    assert_int_equal(parse("[node]\nmember = a\n" LEDGER "peer = 127.0.0.1:5,[::1]:6\n"
                           "listen = 127.0.0.1:7\n[http]\nlisten=[::1]:9311\n"
                           "[notify]\nrun=/bin/tell\n[ipc]\nallow = 5\nmode=0666\n", &a, &error),
                     OK);
    assert_int_equal(config_write(&a, home), OK);
    snprintf(path, sizeof path, "%s/jieli.conf", home);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(config_read(&b, path, &error), OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(config_read(&b, path, &error), ERR_NOTFOUND);
    assert_int_equal(error.line, 0);
    assert_int_equal(rmdir(home), 0);
}

static void socket_lies_in_the_home_unless_absolute(void **state)
{
    (void)state;
    struct config c;
    char path[64];
    config_init(&c);
    assert_int_equal(config_socket_path(&c, "/srv/j", path, sizeof path), OK);
    assert_string_equal(path, "/srv/j/jielid.sock");
    strcpy(c.socket, "/run/x");
    assert_int_equal(config_socket_path(&c, "/srv/j", path, sizeof path), OK);
    assert_string_equal(path, "/run/x");
    assert_int_equal(config_socket_path(&c, "/srv/j", path, 4), ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file_is_read),
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(member_and_ledger_must_be_said),
        cmocka_unit_test(place_of_an_error_names_a_line_only_where_there_is_one),
        cmocka_unit_test(typo_is_named_with_its_line),
        cmocka_unit_test(each_folder_section_is_a_peer),
        cmocka_unit_test(key_that_stands_twice_is_refused),
        cmocka_unit_test(value_outside_its_field_is_refused),
        cmocka_unit_test(http_is_for_the_loopback_alone),
        cmocka_unit_test(program_to_notify_is_one_absolute_path),
        cmocka_unit_test(indented_line_is_no_continuation),
        cmocka_unit_test(long_line_and_zero_byte_are_refused),
        cmocka_unit_test(file_over_its_limit_is_refused),
        cmocka_unit_test(more_addresses_than_the_limit_are_refused),
        cmocka_unit_test(written_file_reads_back_the_same),
        cmocka_unit_test(socket_lies_in_the_home_unless_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
