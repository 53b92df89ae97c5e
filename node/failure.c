#include "node/failure.h"

#include "node/ending.h"

enum err failure_advise(const struct logger *logger, const char *step, const char *what,
                        enum err err, const char *advice)
{
    struct logline line;
    if (err != OK) {
        logline_begin(&line, logger, LEVEL_ERROR, step);
        logline_text(&line, "what", what);
        logline_err(&line, err);
        logline_text(&line, "message", err_message(err));
        logline_text(&line, "advice", advice);
        logline_end(&line);
    }
    return err;
}

enum err failure_report(const struct logger *logger, const char *step, const char *what,
                        enum err err)
{
    return failure_advise(logger, step, what, err, ending_of(err).advice);
}
