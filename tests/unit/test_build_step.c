/* SPDX-License-Identifier: Apache-2.0 */
/* test_build_step.c - what the steps of a build install: RUN, and an image's history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/view.h"
#include "sweeper/package.h"

#define HASH "0123456789abcdef0123456789abcdef01234567"

struct run {
    struct sw_buf text;
    const char *content;
};

/* A row for each package, which stands where the offset says. */
static enum sw_status take(void *context, const struct sw_package *package)
{
    struct run *run = context;
    const struct sw_view parts[] = {package->name, package->version, package->commit};
    const struct sw_view rest = sw_view_skip(sw_view_of(run->content), (size_t)package->offset);

    assert_int_equal(sw_buf_append_format(&run->text, "%s %s",
                                          sw_ecosystem_name(package->ecosystem),
                                          sw_package_use_name(package->use)),
                     SW_OK);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].size > 0)
            assert_int_equal(sw_buf_append_format(&run->text, " %.*s", (int)parts[i].size,
                                                  (const char *)parts[i].data),
                             SW_OK);
    if (package->name.size > 0 && package->commit.size == 0 &&
        package->ecosystem != SW_ECOSYSTEM_OPENVSX && !sw_view_starts(rest, package->name))
        fail_msg("not there: %.*s", (int)package->name.size, (const char *)package->name.data);
    assert_int_equal(sw_buf_append_text(&run->text, "\n"), SW_OK);
    return SW_OK;
}

static void expect_status(const char *path, const char *content, const char *expected,
                          enum sw_status status)
{
    const size_t size = strlen(content);
    uint8_t *copy = malloc(size + 1);
    const struct sw_package_format *format =
        strcmp(path, "%config") == 0 ? sw_package_format_image_config()
                                     : sw_package_format_of(sw_view_of(path), (struct sw_view){0});
    struct run run = {.content = content};
    struct sw_error error;

    assert_non_null(copy);
    assert_non_null(format);
    memcpy(copy, content, size);
    sw_buf_init(&run.text, 1 << 20);
    assert_int_equal(sw_packages_read(format, sw_view_of(path), (struct sw_view){copy, size}, take,
                                      &run, &error),
                     status);
    assert_int_equal(sw_buf_append_text(&run.text, ""), SW_OK);
    assert_int_equal(sw_buf_reserve(&run.text, 1), SW_OK);
    assert_int_equal(sw_buf_terminate(&run.text), SW_OK);
    assert_string_equal((const char *)run.text.data, expected);
    sw_buf_done(&run.text);
    free(copy);
}

static void expect(const char *path, const char *content, const char *expected)
{
    expect_status(path, content, expected, SW_OK);
}

/* As a RUN, and as the shell got it in a history. */
static void expect_step(const char *command, const char *expected)
{
    char text[2048];

    snprintf(text, sizeof(text), "FROM scratch\nRUN %s\n", command);
    expect("Dockerfile", text, expected);
}

static void commands_name_what_they_install(void **state)
{
    (void)state;
    expect_step("pip install litellm==1.82.8", "pypi requested litellm 1.82.8\n");
    expect_step("pip3 install --no-cache-dir -U 'litellm[proxy]==1.82.8' \"b == 2\" c>=1 d",
                "pypi requested litellm 1.82.8\npypi requested b 2\n");
    expect_step("apt-get update && apt-get install -y python3==1;pip3.11 -q install a===1||true",
                "pypi requested a 1\n");
    expect_step("/usr/local/bin/python3.12 -u -m pip install a==1 && python -m http.server b==1",
                "pypi requested a 1\n");
    expect_step("PIP_NO_CACHE=1 sudo -H env X=1 pip install a==1", "pypi requested a 1\n");
    expect_step("uv pip install --system a==1 && uv tool install b==2 && uvx c==3 && uv add d==4",
                "pypi requested a 1\npypi requested b 2\npypi requested c 3\n"
                "pypi requested d 4\n");
    expect_step("pipx install a==1; poetry add b==2; pdm add c==3; pip download d==4",
                "pypi requested a 1\npypi requested b 2\npypi requested c 3\n"
                "pypi requested d 4\n");
    expect_step("npm install -g @s/a@1.0.0 b@^1 && npm i c@2.0.0 && yarn global add d@3.0.0",
                "npm requested @s/a 1.0.0\nnpm requested c 2.0.0\nnpm requested d 3.0.0\n");
    expect_step("npx -y a@1.0.0 && pnpm dlx b@1.0.0 && bun add c@1.0.0 && bunx d@1.0.0",
                "npm requested a 1.0.0\nnpm requested b 1.0.0\nnpm requested c 1.0.0\n"
                "npm requested d 1.0.0\n");
    expect_step("code-server --install-extension a.b@1.0.0 --force",
                "openvsx requested a.b 1.0.0\nopenvsx requested b 1.0.0\n");
    expect_step("if true; then pip install a==1; else { pip install b==2; } fi",
                "pypi requested a 1\npypi requested b 2\n");
    expect_step("x=$(pip install a==1) `pip install b==2`",
                "pypi requested a 1\npypi requested b 2\n");
    expect_step("pip install git+https://github.com/a/b@" HASH, "pypi requested b " HASH "\n");
}

static void shells_are_seen_through(void **state)
{
    (void)state;
    expect_step("bash -c 'pip install a==1' x b==1", "pypi requested a 1\n");
    expect_step("sh -c \"pip install \\\"a==1\\\" 'b==2' && pip install c==3\"",
                "pypi requested a 1\npypi requested b 2\npypi requested c 3\n");
    expect_step("bash -euo pipefail -c 'pip install a==1' | tee log; pip install b==2",
                "pypi requested a 1\npypi requested b 2\n");
    expect_step("/bin/sh -ec pip install a==1", "pypi requested a 1\n");
    expect_step("bash script.sh pip install a==1", "");
    expect_step("[\"pip\", \"install\", \"a[b]==1\"]", "pypi requested a 1\n");
    expect_step("[\"/bin/sh\",\"-c\",\"pip install a==1 && npm i b@1.0.0\"]",
                "pypi requested a 1\nnpm requested b 1.0.0\n");
    expect_step("[ -f x ] && pip install 'a[b]==1'", "pypi requested a 1\n");
}

static void other_commands_install_nothing(void **state)
{
    (void)state;
    expect_step("echo pip install a==1", "");
    expect_step("pip uninstall a==1 && pip list a==1 && npm run i a@1.0.0", "");
    expect_step("mypip install a==1; pipe install a==1; pip.x install a==1", "");
    expect_step("true # pip install a==1", "");
    expect_step("pip install a==$X b==${X} c==1.*", "");
    expect_step("pip install \"a==1", "pypi requested a 1\n"); /* a quote that is never closed */
    expect_step("python -c 'pip install a==1'", "");
    expect("Dockerfile", "FROM scratch\nLABEL x=\"pip install a==1\"\nCMD pip install a==1\n", "");
}

static void steps_go_over_lines(void **state)
{
    (void)state;
    expect("Dockerfile",
           "ARG V=1.2\nENV W=\"3\"\nFROM scratch\nRUN apt-get update && \\\n  # comment ==\n"
           "\n  pip install \\\n a==1 \\\n b==$V c==${W} d==${X:-4}\nRUN x\nc==1\n",
           "pypi requested a 1\npypi requested b 1.2\npypi requested c 3\npypi requested d 4\n");
    expect("Dockerfile", "# escape=`\nFROM scratch\nRUN pip install `\n a==1\n",
           "pypi requested a 1\n");
    expect("Dockerfile",
           "FROM a:1\nRUN <<EOF\nset -e\npip install a==1\nFROM x:1\nEOF\n"
           "RUN bash <<-\"XY\"\n\tpip install no==1\n\tXY\nFROM b:2\n",
           "container requested a 1\npypi requested a 1\npypi requested no 1\n"
           "container requested b 2\n");
    expect("Dockerfile",
           "FROM a:1\nCOPY <<EOF /r\npip install a==1\nRUN pip install b==1\nEOF\n"
           "RUN echo $((1<<2)) 1 <<<x\nFROM c:3\n",
           "container requested a 1\ncontainer requested c 3\n");
    expect("Dockerfile", "FROM a:1\nRUN pip install a==1 && \\",
           "container requested a 1\n"
           "pypi requested a 1\n");
}

static void histories_tell_what_was_installed(void **state)
{
    (void)state;
    expect(
        "%config",
        "{\"config\":{\"Cmd\":[\"pip install no==1\"]},\"history\":["
        "{\"created_by\":\"/bin/sh -c #(nop) ADD file:1 in / \"},"
        "{\"created_by\":\"/bin/sh -c pip install litellm==1.82.8\"},"
        "{\"created_by\":\"|2 A=b c D=1.2 /bin/sh -c pip install \\\"a==$D\\\" e==$A\"},"
        "{\"created_by\":\"RUN |1 V=3 /bin/bash -o pipefail -c pip install f==$V # buildkit\"},"
        "{\"created_by\":\"RUN /bin/sh -c x \\u0026\\u0026 pip install g==4 # pip install h==5\"},"
        "{\"created_by\":\"RUN \\u003c\\u003cEOF (pip install i==6)\\npip install j==7\\nEOF\"},"
        "{\"created_by\":\"COPY k==1 /x # buildkit\"},"
        "{\"comment\":\"pip install l==1\",\"created_by\":7}]}",
        "pypi requested litellm 1.82.8\npypi requested a 1.2\npypi requested e b\npypi requested f "
        "3\n"
        "pypi requested g 4\npypi requested i 6\npypi requested j 7\n");
    expect_status("%config", "{\"history\":[{\"created_by\":\"pip install a==1\"}",
                  "pypi requested a 1\n", SW_PART);
    expect("%config",
           "{\"history\":[{\"created_by\":\"\"},{\"created_by\":\"|\"},"
           "{\"created_by\":\"|1\"},{\"created_by\":\"RUN |1 \\\\\"}]}",
           "");
}

/* Words as long as can be, and too long; they do not run into one another. */
static void long_words_are_no_packages(void **state)
{
    (void)state;
    for (size_t size = 500; size < 530; size++) {
        char text[1024];
        memset(text, 'a', sizeof(text));
        memcpy(text, "RUN pip install ", 16);
        strcpy(text + 16 + size, "==1 b==2\n");
        expect("Dockerfile", text, "pypi requested b 2\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_name_what_they_install),
        cmocka_unit_test(shells_are_seen_through),
        cmocka_unit_test(other_commands_install_nothing),
        cmocka_unit_test(steps_go_over_lines),
        cmocka_unit_test(histories_tell_what_was_installed),
        cmocka_unit_test(long_words_are_no_packages),
    };
    return cmocka_run_group_tests_name("build steps", tests, NULL, NULL);
}
