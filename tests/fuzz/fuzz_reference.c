/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of images. Input: what follows "registry:".
 *
 * What is taken has parts that can stand in a URL as they are, and its own spelling
 * leads to the same parts again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fuzz.h"
#include "sweeper/target.h"

static void check_part(const char *text, const char *others)
{
    for (; *text != '\0'; text++)
        FUZZ_CHECK(sw_is_alnum((uint8_t)*text) || strchr(others, *text) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text((struct sw_view){data, size});
    char again[1024];
    struct sw_reference found, second;

    if (sw_reference_parse(text, &found, NULL) == SW_OK) {
        check_part(found.host, ".-:[]");
        check_part(found.name, "._-/");
        check_part(found.tag, "._-");
        FUZZ_CHECK((found.tag[0] == '\0') != (found.digest[0] == '\0'));
        FUZZ_CHECK(found.digest[0] == '\0' || sw_target_is_digest(sw_view_of(found.digest)));
        FUZZ_CHECK(strstr(found.name, "..") == NULL && strstr(found.name, "//") == NULL);
        (void)snprintf(again, sizeof(again), "%s/%s%s%s", found.host, found.name,
                       found.tag[0] != '\0' ? ":" : "@",
                       found.tag[0] != '\0' ? found.tag : found.digest);
        FUZZ_CHECK(sw_reference_parse(again, &second, NULL) == SW_OK);
        FUZZ_CHECK(strcmp(found.host, second.host) == 0 && strcmp(found.name, second.name) == 0 &&
                   strcmp(found.tag, second.tag) == 0);
    }
    free(text);
    return 0;
}
