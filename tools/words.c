#include "tools/words.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN_NAME "jieli"
#define SYSTEM_LOCALES "/usr/share/locale"

bool words_chinese(void)
{
    const char *lang = getenv("JIELI_LANG");
    return lang == NULL || strncmp(lang, "en", 2) != 0;
}

/* The folder `locale` beside the program, when a catalogue is in it. */
static bool beside_program(char *out, size_t out_bytes)
{
    char program[2048], file[2304];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0)
        return false;
    program[len] = 0;
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        return false;
    *slash = 0;
    snprintf(out, out_bytes, "%s/locale", program);
    snprintf(file, sizeof file, "%s/zh_CN/LC_MESSAGES/" DOMAIN_NAME ".mo", out);
    return access(file, R_OK) == 0;
}

void words_start(void)
{
    char folder[2112];
    if (!words_chinese() || setlocale(LC_ALL, "C.UTF-8") == NULL)
        return;
    setenv("LANGUAGE", "zh_CN", 1);
    bindtextdomain(DOMAIN_NAME, beside_program(folder, sizeof folder) ? folder : SYSTEM_LOCALES);
    bind_textdomain_codeset(DOMAIN_NAME, "UTF-8");
    textdomain(DOMAIN_NAME);
}

const char *word(const char *english)
{
    return words_chinese() && english[0] != 0 ? dgettext(DOMAIN_NAME, english) : english;
}

const char *kind_word(const struct kind_row *row)
{
    return words_chinese() ? row->label : row->name;
}

const char *code_word(const struct code_row *code)
{
    return words_chinese() ? code->label : code->name;
}

const char *code_word_of(const char *fact_name, const char *code_name)
{
    const struct fact_row *row = fact_row_by_name(fact_name);
    const struct code_row *code =
        row == NULL || code_name == NULL ? NULL : fact_code_by_name(row, code_name);
    if (code != NULL)
        return code_word(code);
    return code_name == NULL ? "" : code_name;
}
