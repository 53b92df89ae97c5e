/* An invitation that decodes encodes to the same text, but for blanks around it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/invitation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char blanks[] = " \t\r\n";
    struct invitation i;
    char again[INVITATION_TEXT_BYTES];
    char *text = calloc(1, size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    if (invitation_decode(&i, text) == OK) {
        const char *start = text + strspn(text, blanks);
        assert(invitation_encode(&i, again) == OK);
        assert(strlen(again) == strcspn(start, blanks));
        assert(strncmp(start, again, strlen(again)) == 0);
    }
    free(text);
    return 0;
}
