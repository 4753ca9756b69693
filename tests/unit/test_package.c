/* SPDX-License-Identifier: Apache-2.0 */
/* test_package.c - which objects are package files, and what each of them declares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/view.h"
#include "sweeper/package.h"

/* --- a run, as text --- */

struct run {
    struct sw_buf text;
    const uint8_t *content;
    size_t size;
    size_t left; /* packages that the callback still takes */
};

static enum sw_status take(void *context, const struct sw_package *package)
{
    struct run *run = context;
    const struct sw_view parts[] = {package->name, package->version, package->commit,
                                    package->digest};
    if (run->left-- == 0)
        return SW_STOP;
    assert_true(package->offset <= run->size);
    assert_int_equal(sw_buf_append_format(&run->text, "%s %s",
                                          sw_ecosystem_name(package->ecosystem),
                                          sw_package_use_name(package->use)),
                     SW_OK);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].size > 0)
            assert_int_equal(sw_buf_append_format(&run->text, " %.*s", (int)parts[i].size,
                                                  (const char *)parts[i].data),
                             SW_OK);
    assert_int_equal(sw_buf_append_text(&run->text, "\n"), SW_OK);
    return SW_OK;
}

/* Reads a copy that ends where the bytes do, so that a sanitizer sees one too far. */
static enum sw_status read_into(struct run *run, const char *path, const void *content, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    if (size != 0)
        memcpy(copy, content, size);
    struct sw_view bytes = {copy, size};
    struct sw_view head = {copy, size < 4096 ? size : 4096};
    const struct sw_package_format *format = sw_package_format_of(sw_view_of(path), head);
    struct sw_error error = {0};
    assert_non_null(format);
    run->size = size;
    enum sw_status status = sw_packages_read(format, sw_view_of(path), bytes, take, run, &error);
    if (status == SW_PART || status == SW_SKIP)
        assert_string_equal(error.room, "package");
    free(copy);
    return status;
}

static void run_init(struct run *run)
{
    *run = (struct run){.left = SIZE_MAX};
    sw_buf_init(&run->text, (size_t)64 << 20);
    assert_int_equal(sw_buf_append_text(&run->text, ""), SW_OK);
}

static void expect_status(const char *path, const char *content, const char *expected,
                          enum sw_status status)
{
    struct run run;
    run_init(&run);
    assert_int_equal(read_into(&run, path, content, strlen(content)), status);
    assert_int_equal(sw_buf_terminate(&run.text), SW_OK);
    assert_string_equal((const char *)run.text.data, expected);
    sw_buf_done(&run.text);
}

static void expect(const char *path, const char *content, const char *expected)
{
    expect_status(path, content, expected, SW_OK);
}

#define HASH   "0123456789abcdef0123456789abcdef01234567"
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* --- which objects --- */

static const char *format_of(const char *path, const char *head)
{
    const struct sw_package_format *format =
        sw_package_format_of(sw_view_of(path), sw_view_of(head));
    return format == NULL ? NULL : sw_package_format_name(format);
}

static void package_files_are_known(void **state)
{
    static const char *const paths[] = {
        "v/lib/python3.11/site-packages/a-1.dist-info/METADATA",
        "v/lib/site-packages/a.egg-info/PKG-INFO",
        "a-1.0-py3.egg/EGG-INFO/PKG-INFO",
        "a-1.0/PKG-INFO",
        "usr/lib/python3/dist-packages/a-1.0.egg-info",
        "v/site-packages/a-1.dist-info/direct_url.json",
        "a-1.0-py3-none-any.whl",
        "a-1.0-py3.11.egg",
        "a-1.0.tar.gz",
        "requirements.txt",
        "requirements-dev.txt",
        "dev-requirements.txt",
        "requirements/base.txt",
        "requirements.in",
        "requirements/base.in",
        "constraints.txt",
        "poetry.lock",
        "uv.lock",
        "pdm.lock",
        "pylock.toml",
        "pylock.dev.toml",
        "Pipfile",
        "Pipfile.lock",
        "pyproject.toml",
        "environment.yml",
        "environment-gpu.yaml",
        "conda.yml",
        "conda-linux.yaml",
        "package.json",
        "node_modules/a/package.json",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "node_modules/.package-lock.json",
        "yarn.lock",
        "node_modules/.yarn-state.yml",
        "pnpm-lock.yaml",
        "node_modules/.pnpm/lock.yaml",
        "bun.lock",
        "a.b-1.2.3.vsix",
        ".github/workflows/ci.yml",
        ".github/workflows/ci.yaml",
        "srv/x/.gitea/workflows/ci.yml",
        ".gitea/workflows/ci.yaml",
        ".forgejo/workflows/ci.yml",
        ".forgejo/workflows/ci.yaml",
        "action.yml",
        "action.yaml",
        ".gitlab-ci.yml",
        "build.gitlab-ci.yaml",
        ".circleci/config.yml",
        "bitbucket-pipelines.yml",
        ".drone.yml",
        "docker-compose.yml",
        "docker-compose.prod.yaml",
        "compose.yml",
        "compose.yaml",
        "values.yaml",
        "values-prod.yml",
        "Dockerfile",
        "Dockerfile.prod",
        "dockerfile",
        "web.Dockerfile",
        "web.dockerfile",
        "Containerfile",
        ".devcontainer/devcontainer.json",
        "var/lib/docker/image/overlay2/repositories.json",
        "var/lib/containers/storage/overlay-images/images.json",
        "oci/blobs/sha256/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/base",
        "lib/apk/db/installed",
        ".tool-versions",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (format_of(paths[i], "") == NULL)
            fail_msg("%s is not known", paths[i]);
    assert_string_equal(format_of("k8s/a.yaml", "# x\napiVersion: v1\n"), "Kubernetes manifest");
    assert_string_equal(format_of("k8s/a.yml", "apiVersion: v1\n"), "Kubernetes manifest");
    assert_string_equal(format_of("manifest.json", "[{\"RepoTags\":[]}]"), "docker archive");
    assert_string_equal(format_of("index.json", "{\"manifests\":[]}"), "OCI index");
    assert_string_equal(format_of("extensions.json", "[{\"identifier\":{}}]"), "extensions.json");
}

static void other_files_are_not(void **state)
{
    static const char *const paths[] = {
        "",
        "/",
        "a",
        "README.txt",
        "METADATA",
        "a/METADATA",
        "x.dist-info/RECORD",
        "status",
        "xdpkg/status",
        "dpkg/status/x",
        "installed",
        "lock.yaml",
        "node_modules/x.js",
        ".package-lock.json",
        "workflows/ci.yml",
        "x.github/workflows/ci.yml",
        ".github/workflows/sub/ci.yml",
        "config.yml",
        "a.yaml",
        "manifest.json",
        "index.json",
        "images.json",
        "extensions.json",
        "Makefile",
        "profile",
        "xpackage.json",
        "package.jsonx",
        "libfoo.so.1",
        "a.tar.xz",
        "requirements.md",
        "requirements",
        "blobs/sha256",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (format_of(paths[i], "kind: Pod\n{}") != NULL)
            fail_msg("%s is taken for %s", paths[i], format_of(paths[i], "kind: Pod\n{}"));
    assert_null(sw_package_format_of((struct sw_view){NULL, 0}, (struct sw_view){NULL, 0}));
}

static void only_names_need_no_content(void **state)
{
    (void)state;
    struct sw_view none = {NULL, 0};
    assert_false(sw_package_format_needs_content(
        sw_package_format_of(SW_VIEW("a-1.0-py3-none-any.whl"), none)));
    assert_true(
        sw_package_format_needs_content(sw_package_format_of(SW_VIEW("package.json"), none)));
}

/* --- Python --- */

static void metadata_is_read_up_to_its_description(void **state)
{
    (void)state;
    expect(
        "site-packages/litellm-1.82.8.dist-info/METADATA",
        "Metadata-Version: 2.3\r\nName: litellm\r\nVersion: 1.82.8\r\nSummary: x\r\n"
        "Requires-Dist: aiohttp (>=3.10)\r\nRequires-Dist: tokenizers (==0.20.1) ; extra == 'x'\r\n"
        "Requires-Dist: litellm-proxy-extras==0.4.5 ; extra == 'proxy'\r\n\r\n"
        "Name: other\r\nVersion: 9\r\nRequires-Dist: no==1\r\n",
        "pypi installed litellm 1.82.8\npypi requested tokenizers 0.20.1\n"
        "pypi requested litellm-proxy-extras 0.4.5\n");
    expect("six.egg-info", "Metadata-Version: 1.1\nversion: 1.16.0\nname:six\n",
           "pypi installed six 1.16.0\n");
    expect("litellm-1.0/PKG-INFO", "Name: litellm\nVersion: 1.0\n", "pypi cached litellm 1.0\n");
    expect_status("a.dist-info/METADATA", "\nName: a\nVersion: 1\n", "", SW_PART);
    expect_status("a.dist-info/METADATA", "", "", SW_PART);
    expect("a-b-1.0.dist-info/direct_url.json",
           "{\"url\": \"https://example.org/a\", \"vcs_info\": {\"commit_id\": \"" HASH
           "\", \"vcs\": \"git\"}, \"commit_id\": \"x\"}",
           "pypi installed a-b " HASH "\n");
}

static void archive_names_say_it_all(void **state)
{
    (void)state;
    expect("x/litellm-1.82.8-py3-none-any.whl", "", "pypi cached litellm 1.82.8\n");
    expect("ruamel.yaml-0.18.6-1-cp311-cp311-linux_x86_64.whl", "PK",
           "pypi cached ruamel.yaml 0.18.6\n");
    expect("zope_interface-5.0.0rc1-py2.7.egg", "", "pypi cached zope_interface 5.0.0rc1\n");
    expect("litellm-1.82.8.tar.gz", "", "pypi cached litellm 1.82.8\n");
    expect("my-pkg-2to3-1.0.tar.gz", "", "");
    expect("python-dateutil-2.9.0.post0.tar.gz", "", "pypi cached python-dateutil 2.9.0.post0\n");
    expect("backup.tar.gz", "", "");
    expect("backup-2024-01-02.tar.gz", "", "");
    expect("-1.0.tar.gz", "", "");
    expect(".whl", "", "");
}

static void requirements_that_are_exact_are_read(void **state)
{
    (void)state;
    expect("requirements.txt",
           "# litellm==9.9\n\n--index-url https://example.org/simple\n-r base.txt\n-c c.txt\n"
           "litellm==1.82.8 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
           "telnyx == 4.87.1 # comment\nA_b.c===1.0+local\n"
           "litellm[proxy, extra]==1.82.7 ; python_version >= \"3.8\"\n"
           "x>=1,==1.5.0,!=2\nfree\nany==1.*\nlow>=1.0\nnear~=1.4\n"
           "m ; extra == \"1.0\"\nnot!=1.0\r\ncr==2\r\n  indented==3\n",
           "pypi requested litellm 1.82.8\npypi requested telnyx 4.87.1\n"
           "pypi requested A_b.c 1.0+local\npypi requested litellm 1.82.7\n"
           "pypi requested x 1.5.0\npypi requested cr 2\npypi requested indented 3\n");
    expect("constraints.txt",
           "a @ git+https://example.org/o/a.git@" HASH "\n"
           "-e git+https://example.org/o/b.git@" HASH "#egg=b-name&subdirectory=x\n"
           "git+ssh://git@example.org/o/c.git@" HASH "\n"
           "--editable git+https://example.org/o/d@main#egg=d\n"
           "https://example.org/p/litellm-1.82.8-py3-none-any.whl#sha256=00\n"
           "./wheels/telnyx-4.87.2-py3-none-any.whl\ne @ https://example.org/e-3.0.tar.gz?x=1\n"
           "https://example.org/nothing.zip\n",
           "pypi requested a " HASH "\npypi requested b-name " HASH "\npypi requested c " HASH "\n"
           "pypi requested litellm 1.82.8\npypi requested telnyx 4.87.2\npypi requested e 3.0\n");
}

static void utf16_requirements_are_read(void **state)
{
    static const char text[] = "a==1\r\nlitellm==1.82.8\r\n";
    uint8_t wide[2 + 2 * (sizeof(text) - 1)];
    struct run run;
    (void)state;
    for (unsigned big = 0; big < 2; big++) {
        memset(wide, 0, sizeof(wide));
        wide[0] = big ? 0xfe : 0xff;
        wide[1] = big ? 0xff : 0xfe;
        for (size_t i = 0; i + 1 < sizeof(text); i++)
            wide[2 + 2 * i + big] = (uint8_t)text[i];
        for (size_t odd = 0; odd < 2; odd++) {
            run_init(&run);
            assert_int_equal(read_into(&run, "requirements.txt", wide, sizeof(wide) - odd), SW_OK);
            assert_int_equal(sw_buf_terminate(&run.text), SW_OK);
            assert_string_equal((const char *)run.text.data,
                                "pypi requested a 1\npypi requested litellm 1.82.8\n");
            sw_buf_done(&run.text);
        }
    }
    expect("requirements.txt", "\xef\xbb\xbflitellm==1.82.8", "pypi requested litellm 1.82.8\n");
}

static void python_lock_files_are_read(void **state)
{
    (void)state;
    expect(
        "poetry.lock",
        "# This file is automatically @generated by Poetry 1.8.3\n\n[[package]]\n"
        "name = \"litellm\"\nversion = \"1.82.8\"\ndescription = \"\"\"x\nname = \"no\"\n\"\"\"\n"
        "optional = false\nfiles = [\n    {file = \"litellm-1.82.8.tar.gz\", hash = "
        "\"sha256:00\"},\n"
        "]\n\n[package.dependencies]\nname = \">=1.0\"\nversion = \"2\"\n\n"
        "[package.extras]\nproxy = [\"x (>=1)\"]\n\n[[package]]\nname = \"g\"\nversion = \"0.1\"\n"
        "[package.source]\ntype = \"git\"\nreference = \"main\"\nresolved_reference = \"" HASH
        "\"\n\n[metadata]\nlock-version = \"2.0\"\nversion = \"9\"\n",
        "pypi locked litellm 1.82.8\npypi locked g 0.1 " HASH "\n");
    expect("uv.lock",
           "version = 1\nrevision = 3\n\n[[package]]\nname = \"litellm\"\nversion = \"1.82.7\"\n"
           "source = { registry = \"https://pypi.org/simple\" }\ndependencies = [\n"
           "    { name = \"aiohttp\", version = \"9\" },\n]\n\n[package.metadata]\n"
           "requires-dist = [{ name = \"x\" }]\n\n[[package]]\nname = \"g\"\nversion = \"1\"\n"
           "source = { git = \"https://example.org/g?rev=main#" HASH "\" }\n",
           "pypi locked litellm 1.82.7\npypi locked g 1 " HASH "\n");
    expect("pdm.lock",
           "[metadata]\ngroups = [\"default\"]\n\n[[package]]\nname = \"telnyx\"\n"
           "version = \"4.87.1\"\nrevision = \"" HASH "\"\nrequires_python = \">=3.8\"\n",
           "pypi locked telnyx 4.87.1 " HASH "\n");
    expect("pylock.toml",
           "lock-version = \"1.0\"\n[[packages]]\nname = 'litellm'\nversion = '1.82.8'\n"
           "wheels = [{ name = \"no\", url = \"https://example.org/x\" }]\n\n[[packages]]\n"
           "\"name\" = \"g\"\nvcs = { type = \"git\", url = \"x\", commit-id = \"" HASH "\" }\n",
           "pypi locked litellm 1.82.8\npypi locked g " HASH "\n");
    expect(
        "Pipfile.lock",
        "{\"_meta\": {\"hash\": {\"sha256\": \"00\"}, \"sources\": [{\"name\": \"pypi\","
        "\"version\": \"==1\"}]}, \"default\": {\"litellm\": {\"extras\": [\"proxy\"], \"hashes\":"
        " [\"sha256:00\"], \"version\": \"==1.82.8\"}, \"g\": {\"git\": \"https://example.org\","
        " \"ref\": \"" HASH "\"}}, \"develop\": {\"t\": {\"version\": \"===2\"}}}",
        "pypi locked litellm 1.82.8\npypi locked g " HASH "\npypi locked t 2\n");
    expect_status("poetry.lock",
                  "[[package]]\nname = \"a\"\nversion = \"1\"\ndescription = \"\"\"x",
                  "pypi locked a 1\n", SW_PART);
}

static void python_projects_are_read(void **state)
{
    (void)state;
    expect("pyproject.toml",
           "[build-system]\nrequires = [\"hatchling==1.18\", 'x>=1']\n\n[project]\nname = \"me\"\n"
           "version = \"1.0\"\ndependencies = [\n  \"litellm[proxy]==1.82.8\", # \"no==1\"\n"
           "  \"free\",\n]\n\n[project.optional-dependencies]\nx = [\"telnyx==4.87.2\"]\n"
           "[dependency-groups]\ndev = [\"d==1\"]\n\n[other]\ny = [\"not==1\"]\n",
           "pypi requested hatchling 1.18\npypi requested litellm 1.82.8\n"
           "pypi requested telnyx 4.87.2\npypi requested d 1\n");
    expect("pyproject.toml",
           "[tool.poetry]\nname = \"me\"\nversion = \"1\"\n[tool.poetry.dependencies]\n"
           "python = \"^3.11\"\nlitellm = \"1.82.8\"\ntelnyx = {version = \"==4.87.1\", extras = "
           "[\"x\"]}\n"
           "g = { git = \"https://example.org/g\", rev = \"" HASH "\" }\nfree = \"*\"\n"
           "[tool.poetry.group.dev.dependencies]\n\"q\" = \"2.0\"\n",
           "pypi requested litellm 1.82.8\npypi requested telnyx 4.87.1\npypi requested g " HASH
           "\npypi requested q 2.0\n");
    expect("Pipfile",
           "[packages]\nidna = \"==3.4\"\nsix = \"*\"\n[dev-packages]\na = {ref = \"" HASH
           "\", git = \"x\"}\n[requires]\nb = \"==1\"\n",
           "pypi requested idna 3.4\npypi requested a " HASH "\n");
    expect("environment.yml",
           "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip\n"
           "  - pip:\n    - litellm==1.82.8  # bad\n    - 'telnyx[x]==4.87.1'\n    - -r r.txt\n"
           "  - numpy==1.0\nprefix: /opt\n",
           "pypi requested litellm 1.82.8\npypi requested telnyx 4.87.1\n");
    expect("conda.yaml", "dependencies:\n- pip:\n  - a==1\n- b==2\n", "pypi requested a 1\n");
}

/* --- npm --- */

static void a_package_describes_itself(void **state)
{
    (void)state;
    expect(
        "app/node_modules/@emilgroup/gdv-sdk/package.json",
        "{\"name\": \"@emilgroup/gdv-sdk\", \"version\": \"2.6.1\", \"scripts\": {\"version\":"
        " \"x\", \"postinstall\": \"node index.js\"}, \"dependencies\": {\"a\": \"1.2.3\","
        " \"b\": \"^1.2.3\", \"c\": \"1.2\", \"d\": \"npm:@x/real@1.0.0\", \"e\": \"=2.0.0\","
        " \"f\": \"git+https://example.org/f.git#" HASH "\", \"g\": \"o/g#" HASH "\","
        " \"h\": \"1.0.0 - 2.0.0\", \"i\": \"latest\", \"j\": \">=1.0.0\", \"k\": \"1.0.0-rc.1\"},"
        " \"engines\": {\"node\": \"1.2.3\"}}",
        "npm requested a 1.2.3\nnpm requested @x/real 1.0.0\nnpm requested e 2.0.0\n"
        "npm requested f " HASH "\nnpm requested g " HASH "\nnpm requested k 1.0.0-rc.1\n"
        "npm installed @emilgroup/gdv-sdk 2.6.1\n");
    expect(
        "package.json",
        "{\"resolutions\": {\"**/a\": \"1.0.0\", \"x/@s/b\": \"2.0.0\", \"c@^1\": \"3.0.0\"},"
        " \"overrides\": {\"d\": {\".\": \"4.0.0\", \"e\": \"5.0.0\"}}, \"name\": \"no-version\"}",
        "npm requested a 1.0.0\nnpm requested @s/b 2.0.0\nnpm requested c 3.0.0\n"
        "npm requested d 4.0.0\nnpm requested e 5.0.0\n");
    /* Escapes that npm would undo. */
    expect("package.json", "{\"n\\u0061me\": \"\\u0040x\\/y\", \"version\": \"1.0\\u002e0\"}",
           "npm installed @x/y 1.0.0\n");
    expect_status("package.json", "{\"name\": \"a\", \"version\": \"1.0.0\", ",
                  "npm installed a 1.0.0\n", SW_PART);
    expect_status("package.json", "not json at all", "", SW_OK);
    expect("package.json", "[{\"name\": \"a\", \"version\": \"1.0.0\"}]", "");
}

static void npm_lock_files_are_read(void **state)
{
    (void)state;
    expect(
        "package-lock.json",
        "{\"name\": \"demo\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"packages\": {"
        "\"\": {\"name\": \"demo\", \"version\": \"1.0.0\", \"dependencies\": {\"a\": \"7.0.0\"}},"
        "\"node_modules/@emilgroup/gdv-sdk\": {\"version\": \"2.6.2\", \"resolved\":"
        " \"https://example.org/x.tgz\", \"engines\": {\"version\": \"no\"}},"
        "\"node_modules/alias\": {\"name\": \"is-odd\", \"version\": \"3.0.1\"},"
        "\"node_modules/a/node_modules/b\": {\"resolved\": \"git+ssh://git@example.org/b.git#" HASH
        "\", \"version\": \"0.1.0\"}, \"packages/w\": {\"version\": \"1.1.1\"},"
        "\"node_modules/l\": {\"resolved\": \"packages/w\", \"link\": true}}}",
        "npm locked demo 1.0.0\nnpm locked @emilgroup/gdv-sdk 2.6.2\nnpm locked is-odd 3.0.1\n"
        "npm locked b 0.1.0 " HASH "\n");
    expect(
        "npm-shrinkwrap.json",
        "{\"lockfileVersion\": 1, \"dependencies\": {\"alias\": {\"version\": \"npm:is-odd@3.0.1\","
        " \"requires\": {\"version\": \"^6.0.0\"}, \"dependencies\": {\"version\": {\"version\":"
        " \"6.0.0\"}}}, \"g\": {\"version\": \"git+ssh://git@example.org/g.git#" HASH
        "\", \"from\": \"x\"}, \"u\": {\"version\": \"https://example.org/u-1.0.0.tgz\"}}}",
        "npm locked is-odd 3.0.1\nnpm locked version 6.0.0\nnpm locked g " HASH "\n");
    expect("x/node_modules/.package-lock.json",
           "{\"packages\": {\"node_modules/a\": {\"version\": \"1.0.0\"}}}",
           "npm installed a 1.0.0\n");
    expect("bun.lock",
           "{\n  \"lockfileVersion\": 1, // text\n  \"packages\": {\n"
           "    \"a\": [\"a@1.0.0\", \"\", { \"dependencies\": { \"b\": \"2.0.0\" } }, "
           "\"sha512-x\"],\n"
           "    \"c/@s/b\": [\"@s/b@2.0.0\", \"\", {}, \"\"],\n    \"w\": [\"w@workspace:w\"],\n"
           "    \"g\": [\"g@github:o/g#" HASH "\", {}, \"x\"],\n  },\n}\n",
           "npm locked a 1.0.0\nnpm locked @s/b 2.0.0\nnpm locked g " HASH "\n");
}

static void yarn_and_pnpm_lock_files_are_read(void **state)
{
    (void)state;
    expect("yarn.lock",
           "# yarn lockfile v1\n\n\n\"@s/a@^1.0.0\", \"@s/a@^1.2.0\":\n  version \"1.2.3\"\n"
           "  resolved \"https://example.org/a-1.2.3.tgz#" HASH "\"\n  dependencies:\n"
           "    version \"^9.9.9\"\n\n\"alias@npm:is-odd@3.0.1\":\n  version \"3.0.1\"\n\n"
           "plain@7.0.0, plain@^7:\n  version \"7.0.0\"\n\n\"g@git+https://example.org/g.git\":\n"
           "  version \"0.0.1\"\n  resolved \"git+https://example.org/g.git#" HASH "\"\n",
           "npm locked @s/a 1.2.3\nnpm locked is-odd 3.0.1\nnpm locked plain 7.0.0\n"
           "npm locked g 0.0.1 " HASH "\n");
    expect(
        "yarn.lock",
        "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"@s/a@npm:^1.0.0, @s/a@npm:^1.2.0\":\n"
        "  version: 1.2.3\n  resolution: \"@s/a@npm:1.2.3\"\n  dependencies:\n    b: \"npm:^1\"\n"
        "  checksum: 10c0/00\n\n\"alias@npm:is-odd@3.0.1\":\n  version: 3.0.1\n"
        "  resolution: \"is-odd@npm:3.0.1\"\n\n\"p@patch:p@npm%3A5.0.4#~b\":\n  version: 5.0.4\n"
        "  resolution: \"p@patch:p@npm%3A5.0.4#~b::version=5.0.4\"\n",
        "npm locked @s/a 1.2.3\nnpm locked is-odd 3.0.1\nnpm locked p 5.0.4\n");
    expect("node_modules/.yarn-state.yml",
           "\"@s/a@npm:1.2.3\":\n  locations:\n    - \"node_modules/@s/a\"\n",
           "npm installed @s/a 1.2.3\n");
    expect("pnpm-lock.yaml",
           "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n"
           "        specifier: 1.0.0\n        version: 1.0.0\n\npackages:\n\n  '@s/a@1.2.3':\n"
           "    resolution: {integrity: sha512-x}\n    engines: {node: '>=10'}\n\n  b@7.0.0:\n"
           "    resolution: {integrity: sha512-x}\n\n  g@https://example.org/o/g/tar.gz/" HASH ":\n"
           "    resolution: {tarball: https://example.org}\n    version: 0.0.1\n\nsnapshots:\n\n"
           "  b@7.0.0(c@1.0.0): {}\n",
           "npm locked @s/a 1.2.3\nnpm locked b 7.0.0\nnpm locked g 0.0.1 " HASH "\n");
    expect("pnpm-lock.yaml",
           "lockfileVersion: '6.0'\npackages:\n\n  /@s/a@1.2.3(react@17.0.0):\n    dev: false\n"
           "  /b@7.0.0:\n    dev: true\n  github.com/o/g/" HASH
           ":\n    name: g\n    version: 1.0.0\n",
           "npm locked @s/a 1.2.3\nnpm locked b 7.0.0\nnpm locked g 1.0.0 " HASH "\n");
    expect("pnpm-lock.yaml",
           "lockfileVersion: 5.4\npackages:\n\n  /@s/a/1.2.3:\n    dev: false\n"
           "  /b/7.0.0_react@17.0.0:\n    dev: true\n  /under_score/1.0.0_@babel+core@7.0.0:\n"
           "    dev: true\n  example.org/c/2.0.0:\n    dev: true\n",
           "npm locked @s/a 1.2.3\nnpm locked b 7.0.0\nnpm locked under_score 1.0.0\n"
           "npm locked c 2.0.0\n");
}

static void editor_extensions_are_read(void **state)
{
    (void)state;
    expect(
        "home/u/.vscode/extensions/checkmarx.ast-results-2.53.0/package.json",
        "{\"name\": \"ast-results\", \"publisher\": \"checkmarx\", \"version\": \"2.53.0\","
        " \"engines\": {\"vscode\": \"^1.80.0\"}}",
        "openvsx installed checkmarx.ast-results 2.53.0\nopenvsx installed ast-results 2.53.0\n");
    expect(
        "home/u/.vscode/extensions/extensions.json",
        "[{\"identifier\":{\"id\":\"checkmarx.cx-dev-assist\",\"uuid\":\"0\"},\"version\":\"1.7."
        "0\","
        "\"location\":{\"path\":\"/x\",\"version\":\"9\"},\"metadata\":{\"id\":\"no\"}},"
        "{\"version\":\"2.0.0\",\"identifier\":{\"id\":\"a.b\"}}]",
        "openvsx installed checkmarx.cx-dev-assist 1.7.0\nopenvsx installed cx-dev-assist 1.7.0\n"
        "openvsx installed a.b 2.0.0\nopenvsx installed b 2.0.0\n");
    expect("checkmarx.ast-results-2.53.0.vsix", "",
           "openvsx cached checkmarx.ast-results 2.53.0\nopenvsx cached ast-results 2.53.0\n");
    expect("cx-dev-assist-1.7.0@linux-x64.vsix", "", "openvsx cached cx-dev-assist 1.7.0\n");
    expect("x-1.vsix", "", "");
}

/* --- workflows and containers --- */

static void workflows_are_read(void **state)
{
    (void)state;
    expect(".github/workflows/ci.yml",
           "on: push\njobs:\n  a:\n    runs-on: x\n    container: aquasec/trivy:0.69.4\n"
           "    services:\n      db:\n        image: \"postgres:16\"\n    steps:\n"
           "      - uses: actions/checkout@v4\n      - name: scan\n"
           "        uses: aquasecurity/trivy-action@" HASH " # v0.28.0\n"
           "        with: {image-ref: x}\n"
           "      - { uses: 'aquasecurity/setup-trivy@v0.2.3', name: x }\n"
           "      - uses: ./local\n      - uses: ../up/x\n"
           "      - uses: \"docker://ghcr.io/aquasecurity/trivy:0.69.5\"\n"
           "      - run: |\n          cat > x.yml <<EOF\n          - uses: no/no@v1\n\n"
           "          EOF\n      - uses: o/r/sub/dir@refs/tags/v2\n  b:\n"
           "    uses: o/r/.github/workflows/w.yml@main\n    container:\n      image: alpine\n"
           "  c:\n    steps:\n    - uses: x/y@v3\n    - run: >-\n        uses: no/no@v1\n"
           "    - uses: ${{ x }}@v1\n    - uses: x/y\n",
           "container requested aquasec/trivy 0.69.4\ncontainer requested postgres 16\n"
           "github-actions requested actions/checkout v4\n"
           "github-actions requested aquasecurity/trivy-action " HASH "\n"
           "github-actions requested aquasecurity/setup-trivy v0.2.3\n"
           "container requested ghcr.io/aquasecurity/trivy 0.69.5\n"
           "github-actions requested o/r v2\ngithub-actions requested o/r main\n"
           "container requested alpine latest\ngithub-actions requested x/y v3\n");
    expect("x/action.yml",
           "runs:\n  using: docker\n  image: Dockerfile\n---\nruns:\n  image: 'docker://a/b@" DIGEST
           "'\n",
           "container requested a/b " DIGEST "\n");
}

static void container_recipes_are_read(void **state)
{
    (void)state;
    expect("docker-compose.yml",
           "services:\n  t:\n    image: aquasec/trivy:0.69.6@" DIGEST "\n  v:\n"
           "    image: x/y:${TAG}\n  a: &x\n    image: !!str reg.example.org:5000/a\n",
           "container requested aquasec/trivy 0.69.6 " DIGEST "\n"
           "container requested reg.example.org:5000/a latest\n");
    expect("k8s/cron.yaml",
           "apiVersion: batch/v1\nkind: CronJob\nspec:\n  containers:\n  - name: trivy\n"
           "    image: \"aquasec/trivy:0.69.4\"\n    command: [sh]\n  - image: b:1\n    name: b\n",
           "container requested aquasec/trivy 0.69.4\ncontainer requested b 1\n");
    expect(
        ".gitlab-ci.yml",
        "image:\n  name: aquasec/trivy:0.69.4\n  entrypoint: [\"\"]\nservices:\n  - docker:dind\n"
        "  - name: redis:7\n    alias: r\nscan:\n  image: alpine:3\n  script:\n    - trivy image\n",
        "container requested aquasec/trivy 0.69.4\ncontainer requested docker dind\n"
        "container requested redis 7\ncontainer requested alpine 3\n");
    expect("values.yaml",
           "trivy:\n  image:\n    registry: ghcr.io\n    repository: aquasecurity/trivy\n"
           "    # pinned\n    tag: 0.69.4\n    pullPolicy: Always\nother:\n  image:\n"
           "    tag: \"1.0\"\n    repository: a/b\n  x: 1\nlone:\n  tag: \"2\"\n",
           "container requested ghcr.io/aquasecurity/trivy 0.69.4\ncontainer requested a/b 1.0\n");
    expect("Dockerfile.prod",
           "# syntax=docker/dockerfile:1\nARG TRIVY=0.69.4\nARG BASE=\"python:3.11\" X\n"
           "FROM --platform=$BUILDPLATFORM aquasec/trivy:${TRIVY} AS Scan\n"
           "from ${BASE} as build\nFROM a:${NONE}\nFROM b:${NONE:-2}\nFROM scratch\nFROM build\n"
           "COPY --chown=1 --from=scan /x /x\nCOPY --from=ghcr.io/aquasecurity/trivy:0.69.5 /x /x\n"
           "COPY --from=0 /x /x\nRUN --mount=type=bind,from=tools:1,target=/t --network=none \\\n"
           "# comment\n  FROM no:1 \\\n  x\nFROM c:3@" DIGEST "\n",
           "container requested aquasec/trivy 0.69.4\ncontainer requested python 3.11\n"
           "container requested b 2\ncontainer requested ghcr.io/aquasecurity/trivy 0.69.5\n"
           "container requested tools 1\ncontainer requested c 3 " DIGEST "\n");
    expect("Dockerfile", "FROM a:1\nRUN echo `date`\nFROM b:2\n",
           "container requested a 1\ncontainer requested b 2\n");
    expect("Dockerfile",
           "FROM \\\n# why\n  a:1 AS x\nRUN --network=none \\\n"
           "  --mount=type=bind,from=b:2 \\\n  --mount=type=bind,from=x x\n",
           "container requested a 1\ncontainer requested b 2\n");
    expect("Dockerfile", "# escape=`\nFROM `\n a:1\nRUN dir C:\\\nFROM b:2\n",
           "container requested a 1\ncontainer requested b 2\n");
    expect(
        "pyproject.toml",
        "[tool.poetry.dependencies.litellm]\nextras = [\"proxy\"]\nversion = \"1.82.8\"\n"
        "[tool.poetry.group.x.dependencies.\"b\"]\nversion = \"==2\"\n[tool.x]\nversion = \"3\"\n",
        "pypi requested litellm 1.82.8\npypi requested b 2\n");
    expect("Pipfile", "[packages.litellm]\nversion = \"==1.82.8\"\n",
           "pypi requested litellm 1.82.8\n");
    expect(".devcontainer/devcontainer.json",
           "// comment\n{ /* \" */ \"image\": \"mcr.example.org/x:1\", \"build\": {\"image\": "
           "\"no\"}, }",
           "container requested mcr.example.org/x 1\n");
}

static void image_stores_are_read(void **state)
{
    (void)state;
    expect("image/overlay2/repositories.json",
           "{\"Repositories\":{\"aquasec/trivy\":{\"aquasec/trivy:0.69.4\":\"" DIGEST
           "\",\"aquasec/trivy@" DIGEST "\":\"" DIGEST "\"}}}",
           "container installed aquasec/trivy 0.69.4\ncontainer installed aquasec/trivy " DIGEST
           "\n");
    expect(
        "manifest.json",
        "[{\"Config\":\"x\",\"RepoTags\":[\"aquasec/trivy:0.69.4\",\"a:1\"],\"Layers\":[\"l\"]}]",
        "container cached aquasec/trivy 0.69.4\ncontainer cached a 1\n");
    expect("index.json",
           "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"" DIGEST
           "\",\"annotations\":{\"org.opencontainers.image.ref.name\":\"0.69.4\","
           "\"io.containerd.image.name\":\"docker.io/aquasec/trivy:0.69.4\"}},{\"annotations\":"
           "{\"org.opencontainers.image.ref.name\":\"latest\"},\"digest\":\"" DIGEST "\"},"
           "{\"annotations\":{\"org.opencontainers.image.ref.name\":\"a/b:1\"}}]}",
           "container cached docker.io/aquasec/trivy 0.69.4 " DIGEST "\ncontainer cached " DIGEST
           "\ncontainer cached a/b 1\n");
    expect("overlay-images/images.json",
           "[{\"id\":\"x\",\"digest\":\"" DIGEST
           "\",\"names\":[\"docker.io/aquasec/trivy:0.69.4\"],\"names-history\":[\"no:1\"]}]",
           "container installed " DIGEST "\ncontainer installed docker.io/aquasec/trivy 0.69.4\n");
    expect("blobs/sha256/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "",
           "container cached " DIGEST "\n");
    assert_null(format_of("blobs/sha256/0123", ""));
    expect("blobs/sha256/x123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "", "");
}

static void the_systems_packages_are_read(void **state)
{
    (void)state;
    expect("var/lib/dpkg/status",
           "Package: trivy\nStatus: install ok installed\nVersion: 0.69.4\nDescription: x\n"
           " Package: no\n\nPackage: b\nVersion: 1:2-3\n",
           "binary installed trivy 0.69.4\nbinary installed b 1:2-3\n");
    expect("lib/apk/db/installed", "C:x\nP:trivy\nV:0.69.4-r0\nA:x86_64\n\n",
           "binary installed trivy 0.69.4-r0\n");
    expect(".tool-versions", "# x\ntrivy 0.69.4 0.69.3 # y\nnode\n",
           "binary requested trivy 0.69.4\nbinary requested trivy 0.69.3\n");
}

/* --- hostile content --- */

static const char *const every_format[] = {
    "a.dist-info/METADATA",
    "a-1.dist-info/direct_url.json",
    "requirements.txt",
    "poetry.lock",
    "Pipfile.lock",
    "pyproject.toml",
    "environment.yml",
    "package.json",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    ".github/workflows/a.yml",
    "compose.yaml",
    "Dockerfile",
    "repositories.json",
    "overlay-images/images.json",
    "devcontainer.json",
    "dpkg/status",
    "apk/db/installed",
    ".tool-versions",
};

static double seconds_to_read(const char *path, const void *content, size_t size)
{
    struct timespec from;
    struct timespec to;
    struct run run;
    run_init(&run);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    enum sw_status status = read_into(&run, path, content, size);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    assert_true(status == SW_OK || status == SW_PART);
    sw_buf_done(&run.text);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* One piece again and again, for every reader: whoever goes through the rest for each of
 * them takes many seconds instead of some milliseconds. */
static void time_is_linear(void **state)
{
    static const char *const pieces[] = {
        "[",
        "{",
        "[{\"a\":",
        "{\"packages\":{",
        "\"",
        "'",
        "\\",
        "#",
        ":",
        ": ",
        "- ",
        "-",
        "@",
        "/",
        "=",
        "==",
        ",",
        "\n",
        " ",
        "\t",
        "a",
        "a: ",
        "a:\n ",
        "- - ",
        "[[package]]\n",
        "name = \"\"\"",
        "\"\"\"",
        "FROM a\n",
        "FROM ${a",
        "ARG a=b\n",
        "uses: a/b@",
        "? ",
        "{a: [",
        "_",
        "a_",
        "(",
        "a@",
        "a==1,",
        "/*",
        "//",
        "\xff",
        "\\u0061",
        "Name:",
        "P:a\nV:b\n\n",
    };
    const size_t size = (size_t)512 << 10;
    char *content = malloc(size);
    (void)state;
    assert_non_null(content);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t piece = strlen(pieces[i]);
        for (size_t at = 0; at < size; at++)
            content[at] = pieces[i][at % piece];
        for (size_t f = 0; f < sizeof(every_format) / sizeof(every_format[0]); f++) {
            double seconds = seconds_to_read(every_format[f], content, size);
            if (seconds > 3)
                fail_msg("%s of '%s' takes %.1f s", every_format[f], pieces[i], seconds);
        }
    }
    free(content);
}

/* A long key is not read again for every value under it, nor a long tail. */
static void long_texts_cost_once(void **state)
{
    const size_t size = (size_t)8 << 20;
    char *content = malloc(size);
    (void)state;
    assert_non_null(content);
    memset(content, 'k', size);
    memcpy(content, "{\"packages\":{\"\\", 15);
    size_t at = size / 2;
    memcpy(content + at, "\":{", 3);
    for (at += 3; at + 10 < size; at += 10)
        memcpy(content + at, "\"name\":\"\",", 10);
    assert_true(seconds_to_read("package-lock.json", content, size) < 10);
    assert_true(seconds_to_read("package.json", content, size) < 10);
    memset(content, ',', size);
    memcpy(content, "a ", 2);
    memset(content + size / 2, ' ', size / 2);
    content[size - 1] = ';';
    assert_true(seconds_to_read("requirements.txt", content, size) < 10);
    free(content);
}

static void depth_is_passed_over(void **state)
{
    struct sw_buf text;
    (void)state;
    sw_buf_init(&text, (size_t)1 << 20);
    assert_int_equal(sw_buf_append_text(&text, "{\"x\":"), SW_OK);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(sw_buf_append_text(&text, "[{\"version\":\"9\",\"a\":"), SW_OK);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(sw_buf_append_text(&text, "}]"), SW_OK);
    assert_int_equal(sw_buf_append_text(&text, ",\"name\":\"a\",\"version\":\"1.0.0\"}"), SW_OK);
    assert_int_equal(sw_buf_terminate(&text), SW_OK);
    expect_status("package.json", (const char *)text.data, "npm installed a 1.0.0\n", SW_PART);
    sw_buf_done(&text);
}

static void unsound_texts_are_left_out(void **state)
{
    char line[1024] = "";
    char expected[1024] = "";
    (void)state;
    for (size_t size = SW_PACKAGE_TEXT_MAX - 1; size <= SW_PACKAGE_TEXT_MAX + 1; size++) {
        memset(line, 'a', size);
        memcpy(line + size, "==1", 4);
        (void)snprintf(expected, sizeof(expected), "pypi requested %.*s 1\n", (int)size, line);
        expect("requirements.txt", line, size <= SW_PACKAGE_TEXT_MAX ? expected : "");
    }
    expect("package.json", "{\"name\": \"a\\nb\", \"version\": \"1.0.0\"}", "");
    expect("package.json", "{\"name\": \"a\x1b[2J\", \"version\": \"1.0.0\"}", "");
    expect("package.json", "{\"name\": \"\\u00e9\", \"version\": \"1.0.0\"}",
           "npm installed \\u00e9 1.0.0\n");
    expect("package.json", "{\"name\": \"\", \"version\": \"1.0.0\"}", "");
}

static void every_cut_ends_well(void **state)
{
    static const char text[] =
        "{\"name\": \"a\", \"packages\": {\"node_modules/@s/b\": {\"version\": \"1.0.0\", "
        "\"resolved\":"
        " \"git+x#" HASH
        "\"}, \"c\": [\"c@1.0.0\"]}, // x\n\"default\": {\"d\": {\"version\": \"==1\"}}}\n"
        "[[package]]\nname = \"a\"\nversion = '''1'''\n- uses: 'a/b@v1' # x\n  image: {name: "
        "\"x:1\"}\n"
        "FROM --platform=x a:${B:-1} AS c\n\"@s/a@npm:^1\":\n  version: 1.2.3\n  resolution: "
        "\"@s/a@npm:1\"\n"
        "a[b]==1 ; c\n? \"x\"\n: y\n";
    struct run run;
    (void)state;
    for (size_t f = 0; f < sizeof(every_format) / sizeof(every_format[0]); f++)
        for (size_t from = 0; from < sizeof(text); from++) {
            run_init(&run);
            (void)!read_into(&run, every_format[f], text + from, sizeof(text) - 1 - from);
            (void)!read_into(&run, every_format[f], text, from);
            sw_buf_done(&run.text);
        }
}

static void a_caller_can_stop(void **state)
{
    struct run run;
    (void)state;
    for (size_t f = 0; f < sizeof(every_format) / sizeof(every_format[0]); f++)
        for (size_t left = 0; left < 3; left++) {
            run_init(&run);
            run.left = left;
            static const char text[] = "a==1\nb==2\nc==3\nd==4\n";
            enum sw_status status = read_into(&run, every_format[f], text, sizeof(text) - 1);
            if (strcmp(every_format[f], "requirements.txt") == 0)
                assert_int_equal(status, SW_STOP);
            sw_buf_done(&run.text);
        }
}

static void too_much_content_is_refused(void **state)
{
    struct run run;
    uint8_t *content = calloc(1, SW_PACKAGE_CONTENT_MAX + 1);
    (void)state;
    assert_non_null(content);
    memset(content, '\n', SW_PACKAGE_CONTENT_MAX + 1);
    for (size_t over = 0; over < 2; over++) {
        run_init(&run);
        assert_int_equal(
            read_into(&run, "requirements.txt", content, SW_PACKAGE_CONTENT_MAX + over),
            over ? SW_SKIP : SW_OK);
        sw_buf_done(&run.text);
    }
    free(content);
}

static enum sw_status take_offset(void *context, const struct sw_package *package)
{
    *(uint64_t *)context = package->offset;
    return SW_OK;
}

static uint64_t last_offset(const char *path, struct sw_view content)
{
    uint64_t offset = UINT64_MAX;
    const struct sw_package_format *format = sw_package_format_of(sw_view_of(path), content);
    assert_int_equal(
        sw_packages_read(format, sw_view_of(path), content, take_offset, &offset, NULL), SW_OK);
    return offset;
}

static void offsets_point_at_the_name(void **state)
{
    (void)state;
    assert_int_equal(last_offset("requirements.txt", SW_VIEW("# x\na==1\r\nlitellm==2\n")), 10);
    assert_int_equal(last_offset("requirements.txt", SW_VIEW("\xef\xbb\xbf"
                                                             "a==1")),
                     3);
    assert_int_equal(last_offset("requirements.txt", SW_VIEW("\xff\xfe\n\0"
                                                             "a\0"
                                                             "=\0"
                                                             "=\0"
                                                             "1\0")),
                     4);
    assert_int_equal(last_offset("package.json", SW_VIEW("{\"version\":\"1.0.0\",\"name\":\"a\"}")),
                     27);
    assert_int_equal(last_offset("a-1.0.tar.gz", SW_VIEW("x")), 0);
}

/* --- names and versions --- */

static bool same(enum sw_ecosystem ecosystem, const char *a, const char *b)
{
    return sw_package_name_equal(ecosystem, sw_view_of(a), sw_view_of(b));
}

static void names_compare_as_their_ecosystem_does(void **state)
{
    (void)state;
    assert_true(same(SW_ECOSYSTEM_PYPI, "LiteLLM", "litellm"));
    assert_true(same(SW_ECOSYSTEM_PYPI, "a_b", "A--.b"));
    assert_false(same(SW_ECOSYSTEM_PYPI, "ab", "a-b"));
    assert_true(same(SW_ECOSYSTEM_NPM, "@s/a", "@s/a"));
    assert_false(same(SW_ECOSYSTEM_NPM, "@s/a", "@S/a"));
    assert_false(same(SW_ECOSYSTEM_NPM, "a-b", "a_b"));
    assert_true(same(SW_ECOSYSTEM_GITHUB_ACTIONS, "Checkmarx/kics-github-action",
                     "checkmarx/KICS-github-action/sub"));
    assert_false(same(SW_ECOSYSTEM_GITHUB_ACTIONS, "a/b", "a/bc"));
    assert_true(same(SW_ECOSYSTEM_OPENVSX, "Checkmarx.ast-results", "checkmarx.AST-results"));
    assert_true(same(SW_ECOSYSTEM_CONTAINER, "trivy", "docker.io/library/trivy:1"));
    assert_true(same(SW_ECOSYSTEM_CONTAINER, "aquasec/trivy",
                     "index.docker.io/aquasec/trivy:0.69.4@" DIGEST));
    assert_false(same(SW_ECOSYSTEM_CONTAINER, "aquasec/trivy", "mirror.gcr.io/aquasec/trivy"));
    assert_true(same(SW_ECOSYSTEM_CONTAINER, "localhost:5000/a", "localhost:5000/a:2"));
    assert_false(same(SW_ECOSYSTEM_CONTAINER, "localhost/a", "library/a"));
    assert_true(same(SW_ECOSYSTEM_BINARY, "Trivy", "trivy"));
    assert_false(same(SW_ECOSYSTEM_BINARY, "", ""));
    struct sw_package_key key = {.size = 7};
    assert_false(sw_package_key_of(SW_ECOSYSTEM_CONTAINER, SW_VIEW("a b"), &key));
    assert_int_equal(key.size, 7);
}

static void container_references_come_apart(void **state)
{
    static const char *const wrong[] = {"",
                                        "/",
                                        ":",
                                        "a:",
                                        ":a",
                                        "a//b",
                                        "a/",
                                        "-a",
                                        "a b",
                                        "a@",
                                        "a@sha256:00",
                                        "${x}",
                                        "a:$x",
                                        "a:b:c",
                                        "a\x80",
                                        "{{ a }}",
                                        "a@" DIGEST "0",
                                        "http://a/b"};
    struct sw_container_reference reference;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (sw_container_reference_of(sw_view_of(wrong[i]), &reference))
            fail_msg("'%s' is taken for a reference", wrong[i]);
    assert_true(
        sw_container_reference_of(SW_VIEW("h.example:5000/a/b_c:1.0-x@" DIGEST), &reference));
    assert_true(sw_view_equal(reference.name, SW_VIEW("h.example:5000/a/b_c")));
    assert_true(sw_view_equal(reference.tag, SW_VIEW("1.0-x")));
    assert_true(sw_view_equal(reference.digest, SW_VIEW(DIGEST)));
    assert_true(sw_container_reference_of(SW_VIEW("a@" DIGEST), &reference));
    assert_int_equal(reference.tag.size, 0);
}

static bool equal(enum sw_ecosystem ecosystem, const char *a, const char *b)
{
    bool answer = sw_package_version_equal(ecosystem, sw_view_of(a), sw_view_of(b));
    assert_int_equal(answer, sw_package_version_equal(ecosystem, sw_view_of(b), sw_view_of(a)));
    return answer;
}

static void versions_equal_as_their_ecosystem_says(void **state)
{
    static const char *const same_release[] = {"1.82.7",   "v1.82.7",  "1.82.7.0",   " 1.82.7 ",
                                               "V1.82.07", "0!1.82.7", "1.082.7.0.0"};
    static const char *const others[] = {"1.82.70",     "1.82",         "1.82.7rc1", "1.82.7.post1",
                                         "1.82.7.dev0", "1.82.7+local", "1!1.82.7",  "1.82.7-1",
                                         "11.82.7",     "1.82.7.1",     "",          "x",
                                         "1.82.7 x"};
    (void)state;
    for (size_t i = 0; i < sizeof(same_release) / sizeof(same_release[0]); i++)
        assert_true(equal(SW_ECOSYSTEM_PYPI, "1.82.7", same_release[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (equal(SW_ECOSYSTEM_PYPI, "1.82.7", others[i]))
            fail_msg("'%s' equals 1.82.7", others[i]);
    assert_true(equal(SW_ECOSYSTEM_PYPI, "1.0alpha1", "1.0-A.1"));
    assert_true(equal(SW_ECOSYSTEM_PYPI, "1.0c1", "1.0rc1"));
    assert_true(equal(SW_ECOSYSTEM_PYPI, "1.0-1", "1.0.post1"));
    assert_true(equal(SW_ECOSYSTEM_PYPI, "1.0+a_b.1", "1.0+A-b.01"));
    assert_true(equal(SW_ECOSYSTEM_PYPI, "no-version", "no-version"));
    assert_true(equal(SW_ECOSYSTEM_NPM, "1.2.3", "v1.2.3+build"));
    assert_false(equal(SW_ECOSYSTEM_NPM, "1.2.3", "1.2.3-rc.1"));
    assert_false(equal(SW_ECOSYSTEM_NPM, "1.2.3-RC", "1.2.3-rc"));
    assert_false(equal(SW_ECOSYSTEM_GITHUB_ACTIONS, "v1", "1"));
    assert_false(equal(SW_ECOSYSTEM_CONTAINER, "v1", "1"));
    assert_true(equal(SW_ECOSYSTEM_CONTAINER, "0.69.4", "0.69.4"));
    assert_true(equal(SW_ECOSYSTEM_BINARY, "v0.69.4", "0.69.4"));
    assert_false(equal(SW_ECOSYSTEM_BINARY, "0.69.4", "0.69.4-1"));
}

static bool within(enum sw_ecosystem ecosystem, const char *version, const char *first,
                   const char *last)
{
    return sw_package_version_within(ecosystem, sw_view_of(version), sw_view_of(first),
                                     sw_view_of(last));
}

/* Each list is in the order of its specification. */
static void check_order(enum sw_ecosystem ecosystem, const char *const *list, size_t count)
{
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++) {
            if (within(ecosystem, list[a], list[a], list[b]) != (a <= b))
                fail_msg("%s and %s are in the wrong order", list[a], list[b]);
            assert_int_equal(equal(ecosystem, list[a], list[b]), a == b);
        }
}

static void versions_have_the_order_of_their_specification(void **state)
{
    static const char *const pep440[] = {"1.dev0",
                                         "1.0.dev456",
                                         "1.0a1",
                                         "1.0a2.dev456",
                                         "1.0a12.dev456",
                                         "1.0a12",
                                         "1.0b1.dev456",
                                         "1.0b2",
                                         "1.0b2.post345.dev456",
                                         "1.0b2.post345",
                                         "1.0rc1.dev456",
                                         "1.0rc1",
                                         "1.0",
                                         "1.0+abc.5",
                                         "1.0+abc.7",
                                         "1.0+5",
                                         "1.0.post456.dev34",
                                         "1.0.post456",
                                         "1.0.15",
                                         "1.1.dev1",
                                         "1.99999999999999999999999",
                                         "1.100000000000000000000000",
                                         "1!0.1"};
    static const char *const semver[] = {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                         "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                                         "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                                         "1.10.0",      "4.260421.33",   "4.260421.40"};
    (void)state;
    check_order(SW_ECOSYSTEM_PYPI, pep440, sizeof(pep440) / sizeof(pep440[0]));
    check_order(SW_ECOSYSTEM_NPM, semver, sizeof(semver) / sizeof(semver[0]));
    assert_true(within(SW_ECOSYSTEM_NPM, "4.260421.36", "4.260421.33", "4.260421.40"));
    assert_false(within(SW_ECOSYSTEM_NPM, "4.260421.4", "4.260421.33", "4.260421.40"));
    assert_true(within(SW_ECOSYSTEM_GITHUB_ACTIONS, "v0.34.2", "0.0.1", "0.34.2"));
    assert_false(within(SW_ECOSYSTEM_GITHUB_ACTIONS, "master", "0.0.1", "0.34.2"));
    assert_false(within(SW_ECOSYSTEM_PYPI, "1", "x", "2"));
}

static void words_are_found_again(void **state)
{
    enum sw_ecosystem found = SW_ECOSYSTEM_BINARY;
    (void)state;
    for (unsigned i = 0; i < SW_ECOSYSTEM_COUNT; i++) {
        assert_true(sw_ecosystem_find(sw_ecosystem_name((enum sw_ecosystem)i), &found));
        assert_int_equal(found, i);
    }
    assert_false(sw_ecosystem_find("cargo", &found));
    assert_string_equal(sw_package_use_name(SW_PACKAGE_CACHED), "cached");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(package_files_are_known),
        cmocka_unit_test(other_files_are_not),
        cmocka_unit_test(only_names_need_no_content),
        cmocka_unit_test(metadata_is_read_up_to_its_description),
        cmocka_unit_test(archive_names_say_it_all),
        cmocka_unit_test(requirements_that_are_exact_are_read),
        cmocka_unit_test(utf16_requirements_are_read),
        cmocka_unit_test(python_lock_files_are_read),
        cmocka_unit_test(python_projects_are_read),
        cmocka_unit_test(a_package_describes_itself),
        cmocka_unit_test(npm_lock_files_are_read),
        cmocka_unit_test(yarn_and_pnpm_lock_files_are_read),
        cmocka_unit_test(editor_extensions_are_read),
        cmocka_unit_test(workflows_are_read),
        cmocka_unit_test(container_recipes_are_read),
        cmocka_unit_test(image_stores_are_read),
        cmocka_unit_test(the_systems_packages_are_read),
        cmocka_unit_test(time_is_linear),
        cmocka_unit_test(long_texts_cost_once),
        cmocka_unit_test(depth_is_passed_over),
        cmocka_unit_test(unsound_texts_are_left_out),
        cmocka_unit_test(every_cut_ends_well),
        cmocka_unit_test(a_caller_can_stop),
        cmocka_unit_test(too_much_content_is_refused),
        cmocka_unit_test(offsets_point_at_the_name),
        cmocka_unit_test(names_compare_as_their_ecosystem_does),
        cmocka_unit_test(container_references_come_apart),
        cmocka_unit_test(versions_equal_as_their_ecosystem_says),
        cmocka_unit_test(versions_have_the_order_of_their_specification),
        cmocka_unit_test(words_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
