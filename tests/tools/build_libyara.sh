#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Another libyara to build against, from a source tree of it (the folder that
# holds libyara/ and cli/):
#
#   tests/tools/build_libyara.sh SOURCE PREFIX
#
# PREFIX gets headers, lib/libyara.so, lib/pkgconfig/yara.pc and bin/yara, with
# the modules of Debian's package. docs/decisions/0008-libyara-versions.md says
# what for.
set -euo pipefail
[ $# -eq 2 ] || { sed -n '3,11s/^# \{0,1\}//p' "$0" >&2 && exit 64; }
source=$(readlink -f "$1")
prefix=$(readlink -m "$2")

version_of() {
    sed -n "s/^#define YR_$1_VERSION *\([0-9][0-9]*\)$/\1/p" \
        "$source/libyara/include/yara/libyara.h"
}
version=$(version_of MAJOR).$(version_of MINOR).$(version_of MICRO)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/bin"
cp -r "$source/libyara/include/." "$prefix/include/"

# As its own build defines them on Linux; bucket and checksum are for TLSH.
flags=(-std=gnu99 -O2 -g -fPIC -fstack-protector-strong -w -D_GNU_SOURCE -DUSE_LINUX_PROC
       -fvisibility=hidden -DHAVE_STDBOOL_H -DHAVE_MEMMEM -DHAVE_TIMEGM -DHAVE_CLOCK_GETTIME
       -DHAVE_LIBCRYPTO -DHASH_MODULE -DMAGIC_MODULE -DCUCKOO_MODULE -DDOTNET_MODULE -DDEX_MODULE -DMACHO_MODULE
       -DBUCKETS_128 -DCHECKSUM_1B -I"$source/libyara" -I"$source/libyara/include" -I"$source")

find "$source/libyara" -name '*.c' ! -path '*/pb_tests/*' ! -path '*/proc/*' \
    ! -path '*/windows/*' -print >"$work/list"
echo "$source/libyara/proc/linux.c" >>"$work/list"
export work
xargs -a "$work/list" -P "$(nproc)" -I{} bash -c \
    'gcc "${@:2}" -c "$1" -o "$work/$(echo "$1" | md5sum | cut -c1-12).o"' gcc {} "${flags[@]}"
gcc -shared -Wl,-soname,libyara.so -o "$prefix/lib/libyara.so" "$work"/*.o -lcrypto -lmagic \
    -ljansson -lm -lpthread
gcc "${flags[@]}" -o "$prefix/bin/yara" "$source"/cli/{args,common,threading,yara}.c \
    -L"$prefix/lib" -Wl,-rpath,"$prefix/lib" -lyara -lm -lpthread

cat >"$prefix/lib/pkgconfig/yara.pc" <<PC
prefix=$prefix
Name: yara
Description: YARA library, built for a trial
Version: $version
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib -lyara -Wl,-rpath,\${prefix}/lib
PC
echo "$version in $prefix"
