# SPDX-License-Identifier: Apache-2.0
# The libraries of docs/ARCHITECTURE.md. Hyperscan is amd64's; without it the
# program still gives libyara's answers, only slower, and says so.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(YARA REQUIRED IMPORTED_TARGET yara>=4.2)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive>=3.6)
pkg_check_modules(LZMA REQUIRED IMPORTED_TARGET liblzma>=5.4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.5)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4>=1.9)
# gzip by ISA-L where there is one (amd64, arm64), else by zlib.
pkg_check_modules(ISAL IMPORTED_TARGET libisal>=2.30)
pkg_check_modules(SQUASHFS REQUIRED IMPORTED_TARGET libsquashfs1>=1.2)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5)
pkg_check_modules(HYPERSCAN IMPORTED_TARGET libhs>=5.4)
find_library(BZIP2_LIBRARY bz2 REQUIRED)
find_path(BZIP2_INCLUDE bzlib.h REQUIRED)
find_library(MAGIC_LIBRARY magic REQUIRED)
find_path(MAGIC_INCLUDE magic.h REQUIRED)
find_path(CURL_INCLUDE curl/curl.h REQUIRED)
# Disk images and volumes. The Sleuth Kit is linked statically: the shared one brings AFF,
# and with that libcurl and forty other libraries, into every start; we hand it blobs.
find_library(TSK_LIBRARY libtsk.a REQUIRED)
find_path(TSK_INCLUDE tsk/libtsk.h REQUIRED)
add_library(sleuthkit STATIC IMPORTED)
set_target_properties(sleuthkit PROPERTIES IMPORTED_LOCATION "${TSK_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${TSK_INCLUDE}"
  INTERFACE_LINK_LIBRARIES "PkgConfig::ZLIB;stdc++;m")
pkg_check_modules(EWF REQUIRED IMPORTED_TARGET libewf)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(BFIO REQUIRED IMPORTED_TARGET libbfio)
