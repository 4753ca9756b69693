/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package files. Input: the path, a newline, the content. The path "%config" stands for
 * the configuration of an image, which no path tells.
 *
 * What is reported is sound text with a place in the content, the same in a second
 * reading; a caller who stops gets the packages before that and no more. Names have
 * a key that is its own key; comparisons have no direction.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fuzz.h"
#include "sweeper/package.h"

enum { HEAD_SIZE = 4096 };

struct seen {
    size_t count;
    size_t count_max;
    uint64_t sum; /* of all bytes reported, in their order */
    size_t content_size;
};

static void add(struct seen *seen, struct sw_view text)
{
    FUZZ_CHECK(text.size <= SW_PACKAGE_TEXT_MAX);
    for (size_t i = 0; i < text.size; i++) {
        FUZZ_CHECK(text.data[i] > ' ' && text.data[i] <= '~');
        seen->sum = seen->sum * 31 + text.data[i];
    }
    seen->sum = seen->sum * 31 + text.size;
}

static void check_names(const struct sw_package *package)
{
    struct sw_package_key key;
    struct sw_package_key again;
    if (!sw_package_key_of(package->ecosystem, package->name, &key))
        return;
    FUZZ_CHECK(key.size > 0 && strlen(key.text) == key.size);
    if (sw_package_key_of(package->ecosystem, sw_view_of(key.text), &again))
        FUZZ_CHECK(strcmp(key.text, again.text) == 0);
    else
        FUZZ_CHECK(key.size > SW_PACKAGE_TEXT_MAX);
    FUZZ_CHECK(sw_package_name_equal(package->ecosystem, package->name, package->name));
}

static void check_versions(const struct sw_package *package)
{
    static const struct sw_view other = {(const uint8_t *)"1.82.7", 6};
    enum sw_ecosystem ecosystem = package->ecosystem;
    struct sw_view version = package->version;
    FUZZ_CHECK(sw_package_version_equal(ecosystem, version, version));
    FUZZ_CHECK(sw_package_version_equal(ecosystem, version, other) ==
               sw_package_version_equal(ecosystem, other, version));
    if (sw_package_version_within(ecosystem, version, version, version)) {
        bool before = sw_package_version_within(ecosystem, version, version, other);
        bool after = sw_package_version_within(ecosystem, version, other, version);
        FUZZ_CHECK(before || after);
    }
}

static enum sw_status take(void *context, const struct sw_package *package)
{
    struct seen *seen = context;
    FUZZ_CHECK(seen->count < seen->count_max);
    FUZZ_CHECK((unsigned)package->ecosystem < SW_ECOSYSTEM_COUNT &&
               (unsigned)package->use < SW_PACKAGE_USE_COUNT);
    FUZZ_CHECK(package->offset <= seen->content_size);
    FUZZ_CHECK(package->version.size + package->commit.size + package->digest.size > 0);
    FUZZ_CHECK(package->name.size + package->digest.size > 0);
    FUZZ_CHECK(package->commit.size == 0 || sw_view_is_commit(package->commit));
    FUZZ_CHECK(package->digest.size == 0 || sw_view_is_digest(package->digest));
    add(seen, package->name);
    add(seen, package->version);
    add(seen, package->commit);
    add(seen, package->digest);
    check_names(package);
    check_versions(package);
    return ++seen->count == seen->count_max ? SW_STOP : SW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    struct sw_view path = fuzz_until(&input, '\n');
    struct sw_view content = input.rest;
    struct sw_view head = sw_view_first(content, HEAD_SIZE);
    const struct sw_package_format *format = sw_view_equal(path, SW_VIEW("%config"))
                                                 ? sw_package_format_image_config()
                                                 : sw_package_format_of(path, head);
    struct seen first = {.count_max = SIZE_MAX, .content_size = content.size};
    struct sw_error error = {.room = NULL};

    if (format == NULL)
        return 0;
    FUZZ_CHECK(sw_package_format_name(format)[0] != '\0');
    enum sw_status status = sw_packages_read(format, path, content, take, &first, &error);
    FUZZ_CHECK(status == SW_OK || (status == SW_PART && error.room != NULL));
    struct seen again = {.count_max = SIZE_MAX, .content_size = content.size};
    FUZZ_CHECK(sw_packages_read(format, path, content, take, &again, NULL) == status);
    FUZZ_CHECK(again.count == first.count && again.sum == first.sum);
    if (first.count > 0) {
        struct seen part = {.count_max = (first.count + 1) / 2, .content_size = content.size};
        FUZZ_CHECK(sw_packages_read(format, path, content, take, &part, NULL) == SW_STOP);
        FUZZ_CHECK(part.count == part.count_max);
    }
    return 0;
}
