#!/bin/sh
# Installs the C library below PREFIX: headers for C and C++, static and shared library, files for pkg-config and
# CMake. What is installed can be moved. Called by `make install-c`.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
major=${version%%.*}
minor=${version#*.}
minor=${minor%%.*}
mkdir -p "$PREFIX/include" "$PREFIX/lib/pkgconfig" "$PREFIX/lib/cmake/ripplemark"
install -m 644 ffi-c/include/ripplemark.h ffi-c/include/ripplemark.hpp "$PREFIX/include/"
install -m 644 "$TARGET/libripplemark.a" "$PREFIX/lib/"
install -m 755 "$TARGET/libripplemark.so" "$PREFIX/lib/libripplemark.so.$version"
ln -sf "libripplemark.so.$version" "$PREFIX/lib/libripplemark.so.0"
ln -sf libripplemark.so.0 "$PREFIX/lib/libripplemark.so"
# What a static library needs beside itself; the Makefile hands its own list over.
filled() {
    sed -e "s|@VERSION@|$version|g" -e "s|@MAJOR@|$major|g" -e "s|@MINOR@|$minor|g" -e "s|@STATIC_LIBS@|$2|g" \
        "ffi-c/cmake/$1.in"
}
filled ripplemark.pc "$STATIC_LIBS" >"$PREFIX/lib/pkgconfig/ripplemark.pc"
# CMake separates by semicolons.
listed=$(printf '%s' "$STATIC_LIBS" | tr ' ' ';')
filled ripplemark-config.cmake "$listed" >"$PREFIX/lib/cmake/ripplemark/ripplemark-config.cmake"
filled ripplemark-config-version.cmake "$listed" >"$PREFIX/lib/cmake/ripplemark/ripplemark-config-version.cmake"
echo "installed below $PREFIX"
