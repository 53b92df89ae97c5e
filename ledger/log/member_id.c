#include "ledger/log/member_id.h"

#include "crypto/limits.h"

static bool letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

bool member_id_valid(struct span id)
{
    if (id.len == 0 || id.len > ID_MAX_BYTES || !letter(id.data[0]))
        return false;
    for (size_t i = 1; i < id.len; i++)
        if (!letter(id.data[i]) && !(id.data[i] >= '0' && id.data[i] <= '9') && id.data[i] != '-')
            return false;
    return true;
}
