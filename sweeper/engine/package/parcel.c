/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.c - packages by names: of files, of the members of a zip, of the members
 * that say what the package is. */
#include "engine/package/parcel.h"

#include <string.h>

#include "engine/package/reader.h"

/* --- texts ------------------------------------------------------------------------ */

static bool is_plain(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.size > 0 && text.size <= SW_PACKAGE_TEXT_MAX;
}

static bool fill(struct sw_parcel *parcel, enum sw_parcel_source source, enum sw_parcel_form form,
                 struct sw_view name, struct sw_view version)
{
    if (!is_plain(name) || !is_plain(version))
        return false;
    *parcel = (struct sw_parcel){.source = source, .form = form};
    memcpy(parcel->name, name.data, name.size);
    memcpy(parcel->version, version.data, version.size);
    return true;
}

/* A jar with others inside holds their facts too; its name says which are its own. */
static bool agree(const struct sw_parcel *parcel, const struct sw_parcel *other)
{
    const char *colon = strchr(other->name, ':');

    return parcel->source != SW_PARCEL_NAMED || parcel->form != SW_PARCEL_JAR ||
           other->form != SW_PARCEL_JAR || colon == NULL || strcmp(colon + 1, parcel->name) == 0;
}

void sw_parcel_take(struct sw_parcel *parcel, const struct sw_parcel *other)
{
    if (other->source > parcel->source && agree(parcel, other))
        *parcel = *other;
}

/* Off the end, when it is there and something is before it. */
static bool cut_end(struct sw_view *text, struct sw_view end)
{
    if (text->size <= end.size || !sw_view_ends(*text, end))
        return false;
    text->size -= end.size;
    return true;
}

/* "NAME-1.2.3..." at its first '-' that a digit follows. */
static bool split_at_digit(struct sw_view text, struct sw_view *name, struct sw_view *version)
{
    for (size_t at = sw_view_find(text, '-'); at + 1 < text.size;
         at += 1 + sw_view_find(sw_view_skip(text, at + 1), '-'))
        if (sw_is_digit(text.data[at + 1])) {
            *name = sw_view_first(text, at);
            *version = sw_view_skip(text, at + 1);
            return at > 0;
        }
    return false;
}

/* "NAME-VERSION-BUILD": the two last '-'. */
static bool split_build(struct sw_view text, struct sw_view *name, struct sw_view *version)
{
    struct sw_view front = sw_view_first(text, sw_view_find_last(text, '-'));
    size_t dash = sw_view_find_last(front, '-');

    *name = sw_view_first(front, dash);
    *version = sw_view_skip(front, dash + 1);
    return front.size < text.size && name->size > 0 && version->size > 0 &&
           sw_is_digit(version->data[0]) &&
           sw_view_find(sw_view_skip(text, front.size), '_') < text.size - front.size;
}

/* --- the file's name ---------------------------------------------------------------- */

static bool by_zip_name(struct sw_view base, struct sw_parcel *parcel)
{
    struct sw_package package = {.use = SW_PACKAGE_CACHED};
    struct sw_view name, version;

    if (!sw_view_ends(base, SW_VIEW(".tar.gz")) && sw_python_file_name(base, &package))
        return fill(parcel, SW_PARCEL_NAMED,
                    sw_view_ends(base, SW_VIEW(".egg")) ? SW_PARCEL_EGG : SW_PARCEL_WHEEL,
                    package.name, package.version);
    if (cut_end(&base, SW_VIEW(".conda")))
        return split_build(base, &name, &version) &&
               fill(parcel, SW_PARCEL_NAMED, SW_PARCEL_CONDA, name, version);
    if (cut_end(&base, SW_VIEW(".jar")) || cut_end(&base, SW_VIEW(".war")) ||
        cut_end(&base, SW_VIEW(".ear")))
        return split_at_digit(base, &name, &version) &&
               fill(parcel, SW_PARCEL_NAMED, SW_PARCEL_JAR, name, version);
    if (!cut_end(&base, SW_VIEW(".vsix")))
        return false;
    base = sw_view_first(base, sw_view_find(base, '@')); /* the platform */
    return split_at_digit(base, &name, &version) &&
           fill(parcel, SW_PARCEL_NAMED, SW_PARCEL_VSIX, name, version);
}

static bool by_tar_name(struct sw_view base, struct sw_parcel *parcel)
{
    struct sw_package package = {.use = SW_PACKAGE_CACHED};
    struct sw_view name, version;

    if (sw_view_ends(base, SW_VIEW(".tar.gz")) && sw_python_file_name(base, &package))
        return fill(parcel, SW_PARCEL_NAMED, SW_PARCEL_SDIST, package.name, package.version);
    if (cut_end(&base, SW_VIEW(".tar.bz2")))
        return split_build(base, &name, &version) &&
               fill(parcel, SW_PARCEL_NAMED, SW_PARCEL_CONDA, name, version);
    enum sw_parcel_form form = cut_end(&base, SW_VIEW(".tgz"))   ? SW_PARCEL_NPM
                               : cut_end(&base, SW_VIEW(".gem")) ? SW_PARCEL_GEM
                                                                 : SW_PARCEL_FORM_COUNT;
    return form != SW_PARCEL_FORM_COUNT && split_at_digit(base, &name, &version) &&
           fill(parcel, SW_PARCEL_NAMED, form, name, version);
}

bool sw_parcel_by_file(struct sw_view base, const char *kind, struct sw_parcel *parcel)
{
    if (strcmp(kind, "zip") == 0)
        return by_zip_name(base, parcel);
    return strcmp(kind, "tar") == 0 && by_tar_name(base, parcel);
}

/* --- names of members ------------------------------------------------------------------ */

/* The first component, taken off; false when there is no other behind it. */
static bool take_folder(struct sw_view *path, struct sw_view *folder)
{
    *folder = sw_view_first(*path, sw_view_find(*path, '/'));
    if (folder->size == path->size)
        return false;
    *path = sw_view_skip(*path, folder->size + 1);
    return true;
}

static bool is_one_below(struct sw_view path, struct sw_view base)
{
    struct sw_view folder;
    return take_folder(&path, &folder) && folder.size > 0 && sw_view_equal(path, base);
}

/* Of an installed package it says something else. */
static bool is_sdist_fact(struct sw_view path)
{
    return is_one_below(path, SW_VIEW("PKG-INFO")) &&
           !sw_view_ends(path, SW_VIEW(".egg-info/PKG-INFO")) &&
           !sw_view_ends(path, SW_VIEW("EGG-INFO/PKG-INFO"));
}

/* "node_modules/NAME/package.json", with a scope or without: a package in the form
 * that Yarn keeps. */
static bool is_linked(struct sw_view path, struct sw_view *name)
{
    struct sw_view first, rest;

    if (!take_folder(&path, &first) || !sw_view_equal(first, SW_VIEW("node_modules")))
        return false;
    const struct sw_view start = path;
    if (!take_folder(&path, &first) || first.size == 0)
        return false;
    if (first.data[0] == '@' && (!take_folder(&path, &rest) || rest.size == 0))
        return false;
    *name = sw_view_first(start, start.size - path.size - 1);
    return sw_view_equal(path, SW_VIEW("package.json"));
}

/* "name-npm-1.2.3-0123456789-8.zip": Yarn's name of it. */
static bool yarn_version(struct sw_view base, struct sw_view *version)
{
    const struct sw_view mark = SW_VIEW("-npm-");
    size_t at = 0;

    while (at + mark.size < base.size && !sw_view_starts(sw_view_skip(base, at), mark))
        at++;
    struct sw_view rest = sw_view_skip(base, at + mark.size);
    /* The version may hold a '-'; ten hexadecimal digits follow it. */
    for (size_t dash = sw_view_find(rest, '-'); dash < rest.size;
         dash += 1 + sw_view_find(sw_view_skip(rest, dash + 1), '-')) {
        struct sw_view hash = sw_view_skip(rest, dash + 1);
        *version = sw_view_first(rest, dash);
        if (hash.size > 10 && sw_view_is_hex(sw_view_first(hash, 10)) &&
            !sw_is_alnum(hash.data[10]))
            return dash > 0 && sw_is_digit(rest.data[0]);
    }
    return false;
}

bool sw_parcel_by_listing(struct sw_view member, struct sw_view base, struct sw_parcel *parcel)
{
    struct sw_view rest = member;
    struct sw_view folder, name, version;

    if (sw_view_starts(member, SW_VIEW("info-")) && cut_end(&rest, SW_VIEW(".tar.zst")))
        return split_build(sw_view_skip(rest, 5), &name, &version) &&
               fill(parcel, SW_PARCEL_STATED, SW_PARCEL_CONDA, name, version);
    if (sw_view_starts(member, SW_VIEW("node_modules/")))
        return is_linked(member, &name) && yarn_version(base, &version) &&
               fill(parcel, SW_PARCEL_STATED, SW_PARCEL_NPM, name, version);
    if (!take_folder(&rest, &folder) || !cut_end(&folder, SW_VIEW(".dist-info")) ||
        !sw_view_equal(rest, SW_VIEW("METADATA")))
        return false;
    size_t dash = sw_view_find(folder, '-');
    return fill(parcel, SW_PARCEL_STATED, SW_PARCEL_WHEEL, sw_view_first(folder, dash),
                sw_view_skip(folder, dash + 1));
}

/* --- members that say it ----------------------------------------------------------------- */

static enum sw_parcel_form fact_of_zip(struct sw_view path)
{
    struct sw_view name;
    struct sw_view rest = path;
    struct sw_view folder;

    if (sw_view_ends(path, SW_VIEW(".dist-info/METADATA")) && take_folder(&rest, &folder) &&
        sw_view_equal(rest, SW_VIEW("METADATA")))
        return SW_PARCEL_WHEEL;
    if (sw_view_equal(path, SW_VIEW("EGG-INFO/PKG-INFO")))
        return SW_PARCEL_EGG;
    if (is_sdist_fact(path))
        return SW_PARCEL_SDIST;
    if (sw_view_equal(path, SW_VIEW("extension.vsixmanifest")) ||
        sw_view_equal(path, SW_VIEW("extension/package.json")))
        return SW_PARCEL_VSIX;
    if (sw_view_equal(path, SW_VIEW("META-INF/MANIFEST.MF")) ||
        (sw_view_starts(path, SW_VIEW("META-INF/maven/")) &&
         sw_view_ends(path, SW_VIEW("/pom.properties"))))
        return SW_PARCEL_JAR;
    return is_linked(path, &name) ? SW_PARCEL_NPM : SW_PARCEL_FORM_COUNT;
}

static bool is(const char *kind, const char *word)
{
    return strcmp(kind, word) == 0;
}

static enum sw_parcel_form fact_of_tar(const struct sw_parcel_member *member, struct sw_view path,
                                       bool *inner)
{
    if (sw_view_equal(path, SW_VIEW("control")) && is(member->outer_kind, "ar") &&
        sw_view_starts(member->outer, SW_VIEW("control.tar"))) {
        *inner = true;
        return SW_PARCEL_DEB;
    }
    if (sw_view_equal(path, SW_VIEW("info/index.json"))) {
        *inner = is(member->outer_kind, "zip") && sw_view_starts(member->outer, SW_VIEW("info-"));
        return SW_PARCEL_CONDA;
    }
    if (is_sdist_fact(path))
        return SW_PARCEL_SDIST;
    return is_one_below(path, SW_VIEW("package.json")) ? SW_PARCEL_NPM : SW_PARCEL_FORM_COUNT;
}

enum sw_parcel_form sw_parcel_fact(const struct sw_parcel_member *member, bool *inner)
{
    struct sw_view path = member->name;

    *inner = false;
    while (sw_view_starts(path, SW_VIEW("./")))
        path = sw_view_skip(path, 2);
    if (is(member->kind, "zip"))
        return fact_of_zip(path);
    if (is(member->kind, "tar"))
        return fact_of_tar(member, path, inner);
    if (is(member->kind, "rpm") && sw_view_equal(path, SW_VIEW("%header")))
        return SW_PARCEL_RPM;
    *inner = is(member->kind, "gzip") && is(member->outer_kind, "tar") &&
             sw_view_equal(member->outer, SW_VIEW("metadata.gz"));
    return *inner ? SW_PARCEL_GEM : SW_PARCEL_FORM_COUNT;
}
