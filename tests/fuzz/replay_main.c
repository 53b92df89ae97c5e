/* Runs a fuzz target over files, or over every file of a folder, each in a process of its own.
 * Prints the path of each one that fails; exit 0 when none does, 1 when one does, 2 when nothing
 * could be replayed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX_BYTES = 1 << 20, PATH_BYTES = 4096 };
struct tally { unsigned ran, failed; };

static int input_run(const char *path)
{
    int result = EXIT_FAILURE;
    uint8_t *data = NULL, *room = malloc(INPUT_MAX_BYTES);
    FILE *file = fopen(path, "rb");
    if (file == NULL || room == NULL)
        goto done;
    size_t len = fread(room, 1, INPUT_MAX_BYTES, file);
    if (ferror(file) || (data = realloc(room, len > 0 ? len : 1)) == NULL)
        goto done;
    room = NULL;
    LLVMFuzzerTestOneInput(data, len);
    result = EXIT_SUCCESS;
done:
    if (file != NULL)
        fclose(file);
    free(room);
    free(data);
    return result;
}

static void input_replay(const char *path, struct tally *tally)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        exit(input_run(path));
    tally->ran++;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        tally->failed++;
        printf("failed: %s\n", path);
    }
}

static void path_replay(const char *path, struct tally *tally)
{
    struct stat st;
    struct dirent **names = NULL;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        input_replay(path, tally);
        return;
    }
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char inner[PATH_BYTES];
        int len = snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
        if (len > 0 && len < PATH_BYTES && stat(inner, &st) == 0 && S_ISREG(st.st_mode))
            input_replay(inner, tally);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    struct tally tally = {0, 0};
    for (int i = 1; i < argc; i++)
        path_replay(argv[i], &tally);
    printf("%u replayed, %u failed\n", tally.ran, tally.failed);
    if (tally.ran == 0)
        return 2;
    return tally.failed > 0;
}
