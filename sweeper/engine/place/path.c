/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.c - what a name says against lowering.
 *
 * Endings and names that an interpreter, a shell, a service manager or a build
 * acts on. Nothing here speaks for lowering: an attacker chooses names.
 */
#include "engine/place/place_private.h"

/* Loaded, interpreted, compiled or unpacked by name. */
static const char *const code_endings[] = {
    "py",          "pyw",       "pyi",    "pyx",      "pxi",        "pxd",
    "pyc",         "pyo",       "pyd",    "pyz",      "dart",       "js",
    "mjs",         "cjs",       "jsx",    "ts",       "mts",        "cts",
    "tsx",         "vue",       "svelte", "es6",      "coffee",     "wasm",
    "node",        "sh",        "bash",   "zsh",      "ksh",        "fish",
    "csh",         "tcsh",      "dash",   "ash",      "bats",       "ps1",
    "psm1",        "psd1",      "bat",    "cmd",      "vbs",        "vbe",
    "jse",         "wsf",       "wsh",    "hta",      "sct",        "com",
    "scr",         "exe",       "dll",    "sys",      "cpl",        "ocx",
    "msi",         "lnk",       "url",    "reg",      "scpt",       "pl",
    "pm",          "t",         "rb",     "rbw",      "gem",        "php",
    "phtml",       "php3",      "php4",   "php5",     "php7",       "phar",
    "inc",         "jsp",       "asp",    "aspx",     "cgi",        "fcgi",
    "lua",         "tcl",       "tk",     "r",        "rmd",        "jl",
    "go",          "rs",        "c",      "h",        "cc",         "cpp",
    "cxx",         "hh",        "hpp",    "hxx",      "m",          "mm",
    "s",           "asm",       "java",   "class",    "jar",        "war",
    "kt",          "kts",       "scala",  "groovy",   "gradle",     "clj",
    "cljs",        "swift",     "cs",     "csx",      "fs",         "fsx",
    "vb",          "d",         "zig",    "nim",      "hs",         "ml",
    "mli",         "ex",        "exs",    "erl",      "hrl",        "el",
    "elc",         "lisp",      "scm",    "rkt",      "awk",        "sed",
    "sql",         "so",        "dylib",  "a",        "o",          "ko",
    "bin",         "elf",       "run",    "out",      "deb",        "rpm",
    "apk",         "whl",       "egg",    "vsix",     "xpi",        "crx",
    "appimage",    "mk",        "mak",    "cmake",    "am",         "ac",
    "m4",          "in",        "ninja",  "bzl",      "star",       "spec",
    "ebuild",      "nix",       "vim",    "nse",      "jinja",      "j2",
    "ejs",         "erb",       "tmpl",   "tpl",      "hbs",        "mdx",
    "lhs",         "litcoffee", "lagda",  "rnw",      "qmd",        "nw",
    "xsl",         "xslt",      "svg",    "swf",      "htc",        "mht",
    "mhtml",       "xhtml",     "chm",    "docm",     "xlsm",       "pptm",
    "applescript", "command",   "tool",   "workflow", "dockerfile", "containerfile",
    "ahk",         "au3",       NULL,
};

/* Code, unless what they hold is shown to be text. */
static const char *const patch_endings[] = {"patch", "diff", NULL};
static const char *const notebook_endings[] = {"ipynb", NULL};
/* Pages of a browser, or of something that reads like one. */
static const char *const page_endings[] = {"html", "htm", NULL};
static const char *const markup_endings[] = {"xml", "rss", "atom", NULL};

/* Started, or read by what starts things. */
static const char *const unit_endings[] = {
    "pth",   "service", "timer", "socket", "path",   "mount", "automount", "target",
    "slice", "desktop", "plist", "job",    "xinetd", "cron",  "crontab",   NULL,
};

static const char *const config_endings[] = {
    "ini",  "cfg",     "conf",   "config",  "cnf",   "properties", "env",    "tf",    "tfvars",
    "hcl",  "nomad",   "rules",  "pem",     "key",   "crt",        "csproj", "props", "targets",
    "sln",  "gyp",     "gypi",   "bazel",   "npmrc", "pypirc",     "netrc",  "hosts", "repo",
    "list", "sources", "preset", "network", "link",  "netdev",     NULL,
};

/* Forms that have closed kinds of documents among them. */
static const char *const data_endings[] = {"json", "jsonc", "json5", "yaml",
                                           "yml",  "toml",  "lock",  NULL};

static const char *const run_names[] = {
    ".bashrc",          ".bash_profile",   ".bash_login",
    ".bash_logout",     ".profile",        ".zshrc",
    ".zshenv",          ".zprofile",       ".zlogin",
    ".zlogout",         ".kshrc",          ".cshrc",
    ".tcshrc",          ".login",          ".xinitrc",
    ".xprofile",        ".xsession",       ".envrc",
    ".vimrc",           ".exrc",           ".emacs",
    ".pythonrc",        ".inputrc",        "profile",
    "bash.bashrc",      "bashrc",          "zshrc",
    "zshenv",           "zprofile",        "rc.local",
    "crontab",          "anacrontab",      "inittab",
    "sudoers",          "authorized_keys", "ld.so.preload",
    "environment",      ".npmrc",          ".yarnrc",
    "metadata",         "pkg-info",        "package.json",
    "action.yml",       "action.yaml",     ".package-lock.json",
    "entry_points.txt", "top_level.txt",   "record",
    "installed.json",   ".bash_aliases",   ".bash_completion",
    ".pam_environment", ".xsessionrc",     ".xserverrc",
    ".xclients",        ".gnomerc",        "xinitrc",
    "xserverrc",        "sshrc",           "autostart",
    ".procmailrc",      ".forward",        ".mailcap",
    "mailcap",          "aliases",         ".screenrc",
    "screenrc",         ".gdbinit",        "gdbinit",
    ".lldbinit",        ".rprofile",       "rprofile.site",
    ".irbrc",           ".pryrc",          ".ghci",
    ".octaverc",        ".sqliterc",       ".psqlrc",
    ".perldb",          ".kermrc",         ".tclshrc",
    ".wishrc",          "qemu-ifup",       NULL,
};

static const char *const config_names[] = {
    "dockerfile", "containerfile",  "makefile",    "gnumakefile", "jenkinsfile",    "vagrantfile",
    "rakefile",   "gemfile",        "podfile",     "procfile",    "brewfile",       "justfile",
    "snakefile",  "pipfile",        "build",       "workspace",   "cmakelists.txt", "binding.gyp",
    "hosts",      "config",         "credentials", "known_hosts", ".netrc",         ".pypirc",
    ".gitconfig", ".gitattributes", ".gitmodules", ".env",        "control",        "preinst",
    "postinst",   "prerm",          "postrm",      "robots.txt",  "sconstruct",     "sconscript",
    "wscript",    "taskfile",       "buck",        NULL,
};

/* Folders whose files are started or loaded because they are there. */
static const char *const run_folders[] = {
    "cron.d",
    "cron.hourly",
    "cron.daily",
    "cron.weekly",
    "cron.monthly",
    "crontabs",
    "profile.d",
    "autostart",
    "init.d",
    "rc.d",
    "xinetd.d",
    ".husky",
    "update-motd.d",
    "environment.d",
    "user-generators",
    "launchagents",
    "launchdaemons",
    "sudoers.d",
    "system-generators",
    "if-up.d",
    "dispatcher.d",
    "modprobe.d",
    "binfmt.d",
    "docker-entrypoint.d",
    "bash_completion.d",
    "completions",
    "site-functions",
    "xsession.d",
    "xinitrc.d",
    "ip-up.d",
    "ip-down.d",
    "if-down.d",
    "if-pre-up.d",
    "if-post-down.d",
    "dhclient-enter-hooks.d",
    "dhclient-exit-hooks.d",
    "logrotate.d",
    "apt.conf.d",
    "pam.d",
    "incron.d",
    "rc0.d",
    "rc1.d",
    "rc2.d",
    "rc3.d",
    "rc4.d",
    "rc5.d",
    "rc6.d",
    "rcs.d",
    NULL,
};

/* The same, where one folder's name alone says too little. */
static const char *const run_places[] = {
    "spool/cron/",  "spool/incron/",  "spool/at/",    "cron/atjobs/", "etc/acpi/",
    "etc/default/", "etc/sysconfig/", "etc/network/", ".git/hooks/",  NULL,
};

static const char *const install_folders[] = {"site-packages", "dist-packages", "node_modules",
                                              NULL};

/* Steps of a build, where the one is below the other. */
static const char forge_folder[] = ".github/";
static const char *const workflow_folders[] = {"workflows", NULL};

/* What follows the last slash, in the folder or behind the member's hop. */
static struct sw_view base_name(struct sw_view path)
{
    size_t from = path.size;

    while (from > 0 && path.data[from - 1] != '/' && path.data[from - 1] != '\\')
        from--;
    return place_after(path, from);
}

static struct sw_view ending(struct sw_view name)
{
    size_t from = name.size;

    while (from > 0 && name.data[from - 1] != '.')
        from--;
    return from == 0 ? (struct sw_view){name.data, 0} : place_after(name, from);
}

/* Some folder on the way is one of these. */
static bool below(struct sw_view path, const char *const *folders)
{
    size_t from = 0;

    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] != '/' && path.data[i] != '\\' && path.data[i] != '!')
            continue;
        if (place_among_nocase((struct sw_view){path.data + from, i - from}, folders))
            return true;
        from = i + 1;
    }
    return false;
}

static bool holds_place(struct sw_view path)
{
    for (size_t i = 0; run_places[i] != NULL; i++)
        if (place_has(path, run_places[i]))
            return true;
    return place_ends(path, ".ssh/rc");
}

static bool is_member_root(const struct sw_place_facts *facts, struct sw_view name)
{
    return facts->is_member && name.size == facts->path.size;
}

/* The endings are compared without dots, blanks and digits behind them, which some
 * systems drop: `x.js.` is `x.js`. */
static struct sw_view without_tail(struct sw_view name)
{
    while (name.size > 0 && (name.data[name.size - 1] == '.' || name.data[name.size - 1] == ' '))
        name.size--;
    return name;
}

static const struct {
    const char *const *endings;
    enum place_name name;
} looked_at[] = {
    {patch_endings, PLACE_NAME_PATCH}, {notebook_endings, PLACE_NAME_NOTEBOOK},
    {page_endings, PLACE_NAME_PAGE},   {markup_endings, PLACE_NAME_MARKUP},
    {data_endings, PLACE_NAME_DATA},
};

static enum place_name by_ending(const struct sw_place_facts *facts, struct sw_view name)
{
    const struct sw_view last = ending(name);
    bool installed = below(facts->path, install_folders);

    if (place_among_nocase(last, unit_endings))
        return place_is_nocase(last, "pth") && !installed && !is_member_root(facts, name)
                   ? PLACE_NAME_CODE
                   : PLACE_NAME_RUNS;
    if (place_among_nocase(last, code_endings))
        return installed ? PLACE_NAME_RUNS : PLACE_NAME_CODE;
    if (place_among_nocase(last, config_endings))
        return PLACE_NAME_CONFIG;
    for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++)
        if (place_among_nocase(last, looked_at[i].endings))
            return looked_at[i].name;
    return PLACE_NAME_SILENT;
}

enum place_name place_by_path(const struct sw_place_facts *facts)
{
    const struct sw_view name = without_tail(base_name(facts->path));
    if (place_among_nocase(name, run_names))
        return PLACE_NAME_RUNS;
    if (place_among_nocase(name, config_names) || place_starts_nocase(name, "dockerfile.") ||
        ((place_starts_nocase(name, "requirements") || place_starts_nocase(name, "constraints")) &&
         place_ends(name, ".txt")) ||
        place_starts_nocase(name, ".env"))
        return PLACE_NAME_CONFIG;
    if (below(facts->path, run_folders) || holds_place(facts->path) ||
        (place_has(facts->path, forge_folder) && below(facts->path, workflow_folders)))
        return PLACE_NAME_RUNS;
    if (place_ends(name, "_history") || place_is(name, ".history"))
        return PLACE_NAME_HISTORY;
    return by_ending(facts, name);
}

bool sw_place_is_silent(struct sw_view folder)
{
    return !below(folder, run_folders) && !below(folder, install_folders) &&
           !below(folder, workflow_folders) && !holds_place(folder) &&
           !place_has(folder, forge_folder);
}
