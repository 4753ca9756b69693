/* SPDX-License-Identifier: Apache-2.0 */
/* binary.c - objects that are no text: programs, databases, captures, PDF. */
#include "common/utf8.h"
#include "engine/place/place_private.h"

struct magic {
    size_t offset;
    size_t size;
    const char *bytes;
};

#define AT(offset, bytes)                                                                          \
    {                                                                                              \
        offset, sizeof(bytes) - 1, bytes                                                           \
    }

static const struct magic programs[] = {
    AT(0, "\x7f"
          "ELF"),
    AT(0, "MZ"),
    AT(0, "\xfe\xed\xfa\xce"),
    AT(0, "\xfe\xed\xfa\xcf"),
    AT(0, "\xce\xfa\xed\xfe"),
    AT(0, "\xcf\xfa\xed\xfe"),
    AT(0, "\xca\xfe\xba\xbe"), /* Mach-O for several machines, and Java classes */
    AT(0, "\xca\xfe\xba\xbf"),
    AT(0, "\0asm"),
    AT(0, "dex\n"),
    AT(0, "\x1bLua"),
    AT(2, "\r\n"), /* Python's bytecode: two bytes of version before; text is excluded below */
    AT(0, "#!"),
    AT(0, "\xef\xbb\xbf#!"),
};

/* Not among them: bbolt (an etcd cluster runs what is in it), and everything that can be
 * made to hold code that a program loads by itself. */
static const struct magic databases[] = {
    AT(0, "SQLite format 3\0"), AT(0, "\x13\x57\x9a\xce"), /* GDBM */
    AT(0, "\xce\x9a\x57\x13"),  AT(0, "\xd4\xc3\xb2\xa1"), /* packet captures */
    AT(0, "\xa1\xb2\xc3\xd4"),  AT(0, "\x4d\x3c\xb2\xa1"), AT(0, "\x0a\x0d\x0d\x0a"), AT(0, "regf"),
    AT(0, "ElfFile\0"),         AT(12, "\x61\x15\x06\0"), /* Berkeley DB */
    AT(12, "\x62\x31\x05\0"),   AT(0, "PACK\0\0\0"),      /* git */
    AT(0, "DIRC\0\0\0"),
};

static bool fits(const struct magic *magic, struct sw_view bytes)
{
    return bytes.size >= magic->offset + magic->size &&
           memcmp(bytes.data + magic->offset, magic->bytes, magic->size) == 0;
}

static bool any_fits(const struct magic *rows, size_t count, struct sw_view bytes)
{
    for (size_t i = 0; i < count; i++)
        if (fits(&rows[i], bytes))
            return true;
    return false;
}

bool place_is_program(const struct sw_place_facts *facts)
{
    static const char *const mimes[] = {"application/x-executable",
                                        "application/x-sharedlib",
                                        "application/x-pie-executable",
                                        "application/x-object",
                                        "application/x-mach-binary",
                                        "application/x-dosexec",
                                        "application/x-msdownload",
                                        "application/java-applet",
                                        "application/x-bytecode.python",
                                        "application/vnd.microsoft.portable-executable",
                                        NULL};
    const struct sw_view head = facts->head;
    const struct sw_view mime = {(const uint8_t *)facts->mime,
                                 facts->mime != NULL ? strlen(facts->mime) : 0};

    if (fits(&(struct magic)AT(2, "\r\n"), head))
        return head.data[1] >= 0x0b && head.data[1] < 0x20; /* versions since 3.0 */
    return any_fits(programs, sizeof(programs) / sizeof(programs[0]), head) ||
           (facts->mime != NULL && place_among(mime, mimes));
}

/* A cluster that keeps its objects in SQLite keeps them in a table of this name. */
static bool is_cluster_store(struct sw_view head)
{
    return place_has(head, "kine");
}

enum sw_place place_of_binary(const struct sw_place_facts *facts)
{
    const struct sw_view head = facts->head;

    if (place_starts(head, "LPKSHHRH"))
        return SW_PLACE_OUTPUT; /* the journal of systemd */
    /* The NUL is what makes every interpreter of text refuse it. */
    if (any_fits(databases, sizeof(databases) / sizeof(databases[0]), head) &&
        place_has_byte(place_first(head, head.size < 64 ? head.size : 64), '\0') &&
        !is_cluster_store(head))
        return SW_PLACE_DATA;
    if (place_is_pdf(head, facts->size <= head.size))
        return SW_PLACE_PROSE;
    return SW_PLACE_UNKNOWN;
}

/* A PDF that does nothing when it is opened and ends where it should. Names in it can be
 * written with #xx: one that is, is in doubt. */
bool place_is_pdf(struct sw_view bytes, bool whole)
{
    static const char *const deeds[] = {"/JavaScript", "/JS",     "/Launch",     "/OpenAction",
                                        "/AA",         "/XFA",    "/SubmitForm", "/EmbeddedFile",
                                        "/RichMedia",  "/ObjStm", "/Encrypt",    NULL};
    struct sw_view rest = bytes, line = {0};

    if (!whole || !place_starts(bytes, "%PDF-") || !place_next_line(&rest, &line) ||
        line.size > 16 || !place_next_line(&rest, &line))
        return false;
    /* A comment of bytes that are no ASCII, as writers put it there, or the first object. */
    if (!(line.size >= 5 && line.data[0] == '%' && line.data[1] >= 0x80) &&
        !place_ends(place_trim(line), " obj"))
        return false;
    for (size_t i = 0; deeds[i] != NULL; i++)
        if (place_has(bytes, deeds[i]))
            return false;
    return !place_holds_script(bytes) && place_ends(place_trim(bytes), "%%EOF");
}

bool place_is_text(struct sw_view bytes, bool escapes)
{
    while (bytes.size > 0) {
        uint32_t code = bytes.data[0];
        size_t step = 1;

        if (code >= 0x80)
            step = sw_utf8_next(bytes, &code);
        if (step == 0 || code == 0x7f || (code >= 0x80 && code < 0xa0) || code == 0x2028 ||
            code == 0x2029)
            return false;
        if (code < 0x20 && strchr("\t\n\r\f", (int)code) == NULL &&
            !(escapes && (code == 0x1b || code == '\b')))
            return false;
        if (code == 0)
            return false;
        bytes = place_after(bytes, step);
    }
    return true;
}
