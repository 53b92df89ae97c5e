/* Photographs without what they tell about place, time and camera. */
#ifndef JIELI_TOOLS_PHOTO_H
#define JIELI_TOOLS_PHOTO_H

#include "crypto/bytes.h"

/* Appends a JPEG without its APP1 (Exif, XMP), APP13 (IPTC) and comment segments, and without what
 * follows its end. ERR_FORMAT: no JPEG; ERR_TRUNCATED; ERR_NOMEM. */
MUST_CHECK enum err photo_strip(struct span jpeg, struct buffer *out);

#endif
